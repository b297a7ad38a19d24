/*
 * A shop's articles kept in Lua tables.
 *
 * shelf: a table in the registry that keeps every article; weak: a weak table, emptied by the
 * collector; basket: tables that live for a moment; handles: references in the registry that are
 * never released. Libraries: lua5.4
 */
#include "rounds.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static lua_State *shop;

static void article_make(unsigned long number)
{
	lua_createtable(shop, 0, 2);
	lua_pushfstring(shop, "article %d, of the best quality and at a very good price",
			(int)number);
	lua_setfield(shop, -2, "name");
	lua_pushinteger(shop, (lua_Integer)number);
	lua_setfield(shop, -2, "price");
}

static void shelf_put(unsigned long number)
{
	lua_getfield(shop, LUA_REGISTRYINDEX, "shelf");
	article_make(number);
	lua_rawseti(shop, -2, (lua_Integer)number);
	lua_pop(shop, 1);
}

static int handle_take(unsigned long number)
{
	article_make(number);
	return luaL_ref(shop, LUA_REGISTRYINDEX);
}

int main(int argc, char **argv)
{
	enum { SHELF, WEAK, BASKET, HANDLES };
	int mode = rounds_begin(argc, argv, "shelf weak basket handles");
	unsigned long number = 0, sum = 0;

	shop = checked(luaL_newstate());
	luaL_openlibs(shop);
	lua_newtable(shop);
	if (mode == WEAK) {
		lua_newtable(shop);
		lua_pushstring(shop, "v");
		lua_setfield(shop, -2, "__mode");
		lua_setmetatable(shop, -2);
	}
	lua_setfield(shop, LUA_REGISTRYINDEX, "shelf");
	while (next_round()) {
		for (int i = 0; i < 3; i++, number++) {
			if (mode == BASKET) {
				article_make(number);
				lua_pop(shop, 1);
			} else if (mode == HANDLES) {
				sum += (unsigned long)handle_take(number);
			} else {
				shelf_put(number + 1);
			}
		}
	}
	printf("%lu\n", sum);
	return 0;
}
