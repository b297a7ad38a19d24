/* preload/control/settings.c: good values are taken, bad ones leave the default. */
#include <signal.h>
#include <stdlib.h>

#include "control/settings.h"
#include "suites.h"

START_TEST(good_settings_are_taken)
{
	setenv("SILT_OUT", "/somewhere", 1);
	setenv("SILT_INTERVAL", "250ms", 1);
	setenv("SILT_GROWTH", "64M", 1);
	setenv("SILT_PEAK", "on", 1);
	setenv("SILT_SIGNAL", "USR2", 1);
	setenv("SILT_DEPTH", "256", 1);
	setenv("SILT_KEEP", "2", 1);
	setenv("SILT_MEMORY", "1M", 1);
	settings_read();
	ck_assert_str_eq(settings.out, "/somewhere");
	ck_assert_uint_eq(settings.interval_ns, 250000000);
	ck_assert_uint_eq(settings.growth, 64ul << 20);
	ck_assert(settings.peak);
	ck_assert_int_eq(settings.signal, SIGUSR2);
	ck_assert_uint_eq(settings.depth, 256);
	ck_assert_uint_eq(settings.keep, 2);
	ck_assert_uint_eq(settings.memory, 1ul << 20);
	ck_assert(!settings.serve);
}
END_TEST

START_TEST(bad_settings_leave_the_default)
{
	setenv("SILT_INTERVAL", "soon", 1);
	setenv("SILT_GROWTH", "-1", 1);
	setenv("SILT_PEAK", "1", 1);
	setenv("SILT_SIGNAL", "STOP", 1);
	setenv("SILT_DEPTH", "0", 1);
	setenv("SILT_KEEP", "1", 1);
	setenv("SILT_MEMORY", "1023K", 1);
	setenv("SILT_OUT", "", 1);
	settings_read();
	ck_assert_str_eq(settings.out, "silt-out");
	ck_assert_uint_eq(settings.interval_ns, 0);
	ck_assert_uint_eq(settings.growth, 0);
	ck_assert(!settings.peak);
	ck_assert_int_eq(settings.signal, 0);
	ck_assert_uint_eq(settings.depth, 64);
	ck_assert_uint_eq(settings.keep, 256);
	ck_assert_uint_eq(settings.memory, 0);
}
END_TEST

Suite *settings_suite(void)
{
	return suite_of("settings", (const TTest *const[]){good_settings_are_taken,
							   bad_settings_leave_the_default, NULL});
}
