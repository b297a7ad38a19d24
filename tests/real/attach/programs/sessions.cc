/*
 * A server of four threads: a line "NAME rest" gets "LENGTH NAME"; it keeps the last line of each
 * name, for as long as it runs. Usage: sessions PORT BEFORE: so many are there from the start.
 */
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace
{
struct session {
	std::string last;
	std::vector<int> lengths;
};

std::mutex lock;
std::unordered_map<std::string, session *> sessions;

std::string answer(const std::string &line)
{
	std::string name = line.substr(0, line.find(' '));
	std::lock_guard<std::mutex> held(lock);
	session *&found = sessions[name];

	if (!found)
		found = new session;
	found->last = line;
	found->lengths.assign(1, int(line.size()));
	return std::to_string(found->lengths[0]) + " " + name + "\n";
}

void serve(int client)
{
	std::string waiting;
	char buffer[4096];
	ssize_t n;

	while ((n = read(client, buffer, sizeof buffer)) > 0) {
		waiting.append(buffer, size_t(n));
		for (size_t end; (end = waiting.find('\n')) != std::string::npos;
		     waiting.erase(0, end + 1)) {
			std::string said = answer(waiting.substr(0, end));

			if (send(client, said.data(), said.size(), MSG_NOSIGNAL) < 0)
				break;
		}
	}
	close(client);
}

void accept_all(int listener)
{
	for (;;) {
		int client = accept(listener, nullptr, nullptr), on = 1;

		if (client < 0)
			continue;
		setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		serve(client);
	}
}
} // namespace

int main(int argc, char **argv)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	sockaddr_in address = {};

	if (argc < 3)
		return 2;
	for (int i = 0; i < atoi(argv[2]); i++)
		answer("before" + std::to_string(i) +
		       " a line of some length, so that it is a block of its own");
	address.sin_family = AF_INET;
	address.sin_port = htons(uint16_t(atoi(argv[1])));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, reinterpret_cast<sockaddr *>(&address), sizeof address) < 0 ||
	    listen(listener, 16) < 0)
		return 1;
	std::vector<std::thread> threads;
	for (int i = 0; i < 4; i++)
		threads.emplace_back(accept_all, listener);
	for (std::thread &thread : threads)
		thread.join();
}
