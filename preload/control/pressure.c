/* How close the process is to a memory limit: see pressure.h. */
#include "control/pressure.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define WHOLE 10000u /* shares of a limit are in parts of this */
#define FIRST_STEP 9000u
#define STEP 300u
#define REST 8000u	     /* below this share, snapshots start again at the first step */
#define MOST_SNAPSHOTS 8u    /* of a process */
#define FAST WHOLE	     /* growth in a second that must be expected at any time */
#define STEADY (WHOLE / 100) /* growth in a second that counts as slow */
#define LEAST_WAIT_NS 10000000ul
#define STEADY_WAIT_NS 50000000ul
#define MOST_WAIT_NS 1000000000ul
/* a process with less than one part in so many of the machine's memory does not fill it */
#define LARGE_PART 10u

/* A cgroup, v1 or v2, with a memory limit. */
struct group {
	/* descriptors */
	int limit, usage, statistics;
	/* keys in memory.stat of the page cache, which the kernel drops before it kills */
	const char *inactive, *active;
};

#define MOST_GROUPS 6u

static struct {
	uint32_t pid;
	struct group groups[MOST_GROUPS];
	unsigned group_count;
	/* the last check: when, the next one, the share of the limit */
	uint64_t looked_ns, next_ns;
	uint32_t share;
	/* the highest step that a snapshot was taken for; 0: none */
	uint32_t taken;
	uint32_t snapshots;
} pressure;

/* Memory use beside its limit. */
struct use {
	/* bytes; limit 0: none */
	uint64_t used, limit;
	const char *of;
};

static uint32_t share_of(const struct use *use)
{
	if (!use->limit)
		return 0;
	if (use->used >= use->limit)
		return WHOLE;
	return (uint32_t)((unsigned __int128)use->used * WHOLE / use->limit);
}

static void take_higher(struct use *highest, struct use use)
{
	if (share_of(&use) > share_of(highest) || !highest->limit)
		*highest = use;
}

/* -- cgroups -- */

static int open_file(const char *directory, const char *name)
{
	char path[512];
	struct rt_text text = {path, sizeof path, 0};

	rt_text(&text, directory);
	rt_text(&text, name);
	return (int)rt_syscall(SYS_openat, AT_FDCWD, (long)path, O_RDONLY | O_CLOEXEC, 0, 0, 0);
}

static void close_file(int fd)
{
	if (fd >= 0)
		rt_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* Reads the file from its beginning. False: it cannot be read, or is empty. */
static bool read_again(int fd, char *buffer, size_t size)
{
	long n = rt_syscall(SYS_pread64, fd, (long)buffer, (long)size - 1, 0, 0, 0);

	buffer[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* The number in a file; 0: none ("max"). */
static uint64_t number_in(int fd)
{
	char text[40];

	return read_again(fd, text, sizeof text) ? rt_field(text, "") : 0;
}

static void add_group(const char *directory, bool is_v2)
{
	struct group group = {
		.limit = open_file(directory, is_v2 ? "/memory.max" : "/memory.limit_in_bytes"),
		.usage = open_file(directory, is_v2 ? "/memory.current" : "/memory.usage_in_bytes"),
		.statistics = open_file(directory, "/memory.stat"),
		.inactive = is_v2 ? "\ninactive_file " : "\ntotal_inactive_file ",
		.active = is_v2 ? "\nactive_file " : "\ntotal_active_file ",
	};

	if (group.limit >= 0 && group.usage >= 0 && pressure.group_count < MOST_GROUPS) {
		pressure.groups[pressure.group_count++] = group;
		return;
	}
	close_file(group.limit);
	close_file(group.usage);
	close_file(group.statistics);
}

/* Adds the group and its ancestors. In a cgroup namespace, or in a container that does not see the
 * path, the root of the mount is the process's group. */
static void add_groups(const char *mount, const char *path, size_t length, bool is_v2)
{
	char directory[400];
	struct rt_text text = {directory, sizeof directory, 0};
	size_t root = strlen(mount);

	rt_text(&text, mount);
	if (length > 1)
		rt_text_bytes(&text, path, length);
	for (;;) {
		char *slash = strrchr(directory + root, '/');

		add_group(directory, is_v2);
		if (!slash)
			return;
		*slash = 0;
	}
}

static bool has_controller(const char *line, const char *path)
{
	const char *found = rt_find(line, "memory");

	return found && found < path && (found[-1] == ':' || found[-1] == ',') &&
	       (found[6] == ':' || found[6] == ',');
}

/* Lines like "4:memory:/a/b", and "0::/a/b" for v2: cgroups(7). */
static void find_groups(void)
{
	char groups[4096];
	const char *line = groups, *end;

	if (rt_read_file("/proc/self/cgroup", groups, sizeof groups) <= 0)
		return;
	for (; (end = strchr(line, '\n')); line = end + 1) {
		const char *path = strchr(line, '/');

		if (!path || path > end)
			continue;
		if (strncmp(line, "0::", 3) == 0)
			add_groups("/sys/fs/cgroup", path, (size_t)(end - path), true);
		else if (has_controller(line, path))
			add_groups("/sys/fs/cgroup/memory", path, (size_t)(end - path), false);
	}
}

static struct use use_of_group(const struct group *group)
{
	struct use use = {number_in(group->usage), number_in(group->limit), "cgroup"};
	char statistics[8192];
	uint64_t cached;

	/* The page cache is subtracted only where it may matter. */
	if (share_of(&use) >= REST &&
	    read_again(group->statistics, statistics, sizeof statistics)) {
		cached =
			rt_field(statistics, group->inactive) + rt_field(statistics, group->active);
		use.used -= cached < use.used ? cached : use.used;
	}
	return use;
}

/* -- the process, the machine -- */

static uint64_t limit_of(int resource)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

	rt_syscall(SYS_prlimit64, pressure.pid, resource, 0, (long)&limit, 0, 0);
	return limit.rlim_cur == RLIM_INFINITY ? 0 : limit.rlim_cur;
}

static void look_at_process(struct use *highest)
{
	uint64_t space = limit_of(RLIMIT_AS), data = limit_of(RLIMIT_DATA), memory, swap;
	char path[40], text[4096];
	struct rt_text name = {path, sizeof path, 0};
	uint64_t resident, size, data_size;

	rt_text(&name, "/proc/");
	rt_text_number(&name, pressure.pid);
	rt_text(&name, "/status");
	if (rt_read_file(path, text, sizeof text) <= 0)
		return;
	resident = rt_field(text, "\nVmRSS:") << 10;
	size = rt_field(text, "\nVmSize:") << 10;
	data_size = rt_field(text, "\nVmData:") << 10;
	take_higher(highest, (struct use){size, space, "ulimit -v"});
	take_higher(highest, (struct use){data_size, data, "ulimit -d"});
	if (rt_read_file("/proc/meminfo", text, sizeof text) <= 0)
		return;
	memory = rt_field(text, "MemTotal:") << 10;
	swap = rt_field(text, "\nSwapTotal:") << 10;
	if (resident < memory / LARGE_PART) /* other processes fill the machine */
		return;
	take_higher(highest,
		    (struct use){memory + swap - (rt_field(text, "\nMemAvailable:") << 10) -
					 (rt_field(text, "\nSwapFree:") << 10),
				 memory + swap, "the machine"});
}

/* -- together -- */

void pressure_start(uint32_t pid)
{
	pressure.pid = pid;
	pressure.group_count = 0;
	pressure.looked_ns = pressure.taken = pressure.snapshots = 0;
	pressure.next_ns = rt_monotonic_ns() + LEAST_WAIT_NS;
	find_groups();
}

uint64_t pressure_next_ns(void)
{
	return pressure.next_ns;
}

/* Growth since the last check, in shares a second. */
static uint64_t rate_of(uint32_t share, uint64_t now)
{
	uint64_t past = now - pressure.looked_ns;

	if (!pressure.looked_ns || share <= pressure.share || !past)
		return 0;
	return (share - pressure.share) * 1000000000ull / past;
}

/* Half the time until the next step, at the present growth or at FAST if that is more. */
static uint64_t wait_for_step(uint32_t share, uint64_t rate)
{
	uint32_t step = FIRST_STEP;
	uint64_t least = rate < STEADY ? STEADY_WAIT_NS : LEAST_WAIT_NS, wait;

	while (step <= share)
		step += STEP;
	wait = (step - share) * 1000000000ull / (2 * (rate > FAST ? rate : FAST));
	return wait < least ? least : wait > MOST_WAIT_NS ? MOST_WAIT_NS : wait;
}

static void say(struct rt_text *said, const struct use *use, uint32_t share)
{
	rt_text_number(said, share / (WHOLE / 100));
	rt_text(said, "% of the memory limit of ");
	rt_text_number(said, use->limit >> 20);
	rt_text(said, " MiB (");
	rt_text(said, use->of);
	rt_text(said, ")");
}

bool pressure_snapshot_due(struct rt_text *said, uint64_t *left_ns)
{
	struct use highest = {0};
	uint64_t now = rt_monotonic_ns(), rate;
	uint32_t share, step;

	if (now < pressure.next_ns)
		return false;
	for (unsigned i = 0; i < pressure.group_count; i++)
		take_higher(&highest, use_of_group(&pressure.groups[i]));
	look_at_process(&highest);
	share = share_of(&highest);
	rate = rate_of(share, now);
	*left_ns = rate ? (WHOLE - share) * 1000000000ull / rate : UINT64_MAX;
	pressure.next_ns = now + wait_for_step(share, rate);
	pressure.looked_ns = now;
	pressure.share = share;
	if (share < REST)
		pressure.taken = 0;
	step = share < FIRST_STEP ? 0 : (share - FIRST_STEP) / STEP + 1;
	if (step <= pressure.taken || pressure.snapshots == MOST_SNAPSHOTS)
		return false;
	pressure.taken = step;
	pressure.snapshots++;
	say(said, &highest, share);
	return true;
}
