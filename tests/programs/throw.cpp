/* SPDX-License-Identifier: MIT */
/* Exceptions, static objects and thread-local storage in a static C++ program. */
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct Loud {
	const char *name;
	explicit Loud(const char *n) : name(n) { std::printf("+%s\n", name); }
	~Loud() { std::printf("-%s\n", name); }
};

static Loud global("global");
static thread_local int depth;

static int dive(int n)
{
	Loud here("frame");

	depth = n;
	if (n == 0)
		throw std::runtime_error("the bottom");
	return dive(n - 1);
}

int main()
{
	try {
		dive(2);
	} catch (const std::exception &e) {
		std::printf("caught %s at depth %d\n", e.what(), depth);
	}
	try {
		std::vector<int> v(3);
		v.at(5) = 1;
	} catch (const std::out_of_range &) {
		std::puts("caught out_of_range");
	}
	try {
		auto p = std::make_unique<std::string>(5000000, 'x');
		std::printf("%zu\n", p->size());
		throw 42;
	} catch (int n) {
		std::printf("caught %d\n", n);
	}
	return 0;
}
