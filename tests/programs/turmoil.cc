// Everything at once that breaks a copy of a process: threads that load and unload a library, throw
// exceptions, fork, vfork, take signals, switch between coroutines, jump out of calls, while others
// wait. `turmoil PLUGIN [ROUNDS]`; prints what each of them counted, the same with and without
// silt. Run by tests/e2e/stop.sh.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static const char *plugin;
static int rounds = 150;
static volatile int over;

static void *load(void *)
{
	long loaded = 0;

	for (int i = 0; i < rounds * 4; i++) {
		void *handle = dlopen(plugin, RTLD_NOW);
		auto allocate = handle ? (void *(*)(int))dlsym(handle, "plugin_allocate") : nullptr;

		if (!allocate)
			continue;
		free(allocate(i % 5));
		dlclose(handle);
		loaded++;
	}
	return (void *)loaded;
}

static __attribute__((noinline)) void thrower(int levels)
{
	std::string name(100 + levels, 'x');

	if (levels == 0)
		throw std::runtime_error(name);
	thrower(levels - 1);
}

static void *throw_and_catch(void *)
{
	long caught = 0;

	for (int i = 0; i < rounds * 40; i++) {
		try {
			thrower(i % 10);
		} catch (const std::exception &error) {
			caught += strlen(error.what()) == 100;
		}
	}
	return (void *)caught;
}

static void *make_processes(void *)
{
	volatile long ended = 0;

	for (volatile int i = 0; i < rounds; i = i + 1) {
		int status = 0;
		pid_t pid = i % 2 ? fork() : vfork();

		if (pid == 0) {
			if (i % 2)
				free(malloc(100));
			_exit(100 + i % 50); // a status that nothing else has
		}
		if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
		    WEXITSTATUS(status) == 100 + i % 50)
			ended = ended + 1;
	}
	return (void *)ended;
}

static volatile sig_atomic_t handled;
static void on_signal(int)
{
	handled++;
}

static void *send_signals(void *target)
{
	long taken = 0;

	for (int i = 0; i < rounds * 20; i++) {
		int before = handled;

		pthread_kill(*(pthread_t *)target, SIGUSR1);
		while (handled == before)
			sched_yield();
		taken++;
		free(malloc(i));
	}
	return (void *)taken;
}

static void *take_signals(void *)
{
	char *volatile block = nullptr;

	while (!over) {
		block = (char *)malloc(333);
		usleep(100);
		free(block);
	}
	return nullptr;
}

static const int coroutine_count = 20;
static thread_local ucontext_t back, contexts[coroutine_count];
static thread_local long turns;

static void coroutine(int number)
{
	for (int i = 0; i < rounds; i++) {
		void *block = malloc(50 + number);

		swapcontext(&contexts[number], &back);
		free(block);
		turns++;
	}
}

static void *take_turns(void *)
{
	for (int i = 0; i < coroutine_count; i++) {
		getcontext(&contexts[i]);
		contexts[i].uc_stack.ss_sp = malloc(32 << 10);
		contexts[i].uc_stack.ss_size = 32 << 10;
		contexts[i].uc_link = &back;
		makecontext(&contexts[i], (void (*)())coroutine, 1, i);
	}
	for (int i = 0; i <= rounds; i++)
		for (int j = 0; j < coroutine_count; j++)
			swapcontext(&back, &contexts[j]);
	for (auto &context : contexts)
		free(context.uc_stack.ss_sp);
	return (void *)turns;
}

static thread_local jmp_buf out;
static void (*volatile leave)(jmp_buf, int) = longjmp;
static __attribute__((noinline)) void jumper(int levels)
{
	free(malloc(64));
	if (levels > 0)
		jumper(levels - 1);
	else
		leave(out, 1);
	__asm__ volatile("");
}

static void *jump(void *)
{
	static thread_local volatile int i;
	volatile long jumped = 0;

	for (i = 0; i < rounds * 100; i++) {
		if (setjmp(out) == 0)
			jumper(i % 20);
		jumped = jumped + 1;
	}
	return (void *)jumped;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void *(*run)(void *);
	} works[] = {{"loaded", load},
		     {"caught", throw_and_catch},
		     {"processes", make_processes},
		     {"signals", send_signals},
		     {"turns", take_turns},
		     {"jumps", jump}};
	const int count = sizeof works / sizeof works[0];
	pthread_t threads[count], taker;
	struct sigaction action = {};

	plugin = argc > 1 ? argv[1] : "";
	rounds = argc > 2 ? atoi(argv[2]) : rounds;
	action.sa_handler = on_signal;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, nullptr);
	pthread_create(&taker, nullptr, take_signals, nullptr);
	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], nullptr, works[i].run, &taker);
	for (int i = 0; i < count; i++) {
		void *counted;

		pthread_join(threads[i], &counted);
		printf("%s %ld\n", works[i].name, (long)counted);
	}
	over = 1;
	pthread_join(taker, nullptr);
	return 7;
}
