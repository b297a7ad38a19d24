"""Where the box of a container is: the declaration, what the working function does first, and how it gets at the box."""
import collections

# declare: at file scope. begin: first statements of the working function. expr: a pointer to the box there.
# names: what silt may call the holder. root: its kind. threaded: the box comes with the argument of a thread.
Holder = collections.namedtuple("Holder", "kind declare begin expr names root threaded", defaults=(False,))


def new_box(style, box):
    return f"new {box}()" if style.language == "c++" else f"({box} *)calloc(1, sizeof({box}))"


def choose(rng):
    return rng.choice(["global", "static", "static", "pointer", "member", "heap member", "two hops", "tls", "tls pointer", "local",
                       "local pointer", "local object", "argument", "function static", "getter"])


def hold(kind, scope, style, box, worker):
    """The holder of a kind. worker: the name of the function that works."""
    cxx = style.language == "c++"
    new, tls = new_box(style, box), "thread_local" if cxx else "_Thread_local"
    padding = style.rng.choice(["long $pad[2];", "char $pad[24];", "void *$pad;", "double $pad[5];"])
    owner = f"struct $owner {{\n\tint $serial;\n\t{padding}\n\t{box} $member;\n\tchar $mark[16];\n}};\n"
    owner_new = "new struct $owner()" if cxx else "(struct $owner *)calloc(1, sizeof(struct $owner))"
    zero = " = {}" if cxx else ""
    clear = "" if cxx else f"memset(&$l, 0, sizeof($l));\n"
    kinds = {
        "global": (f"{box} $g;\n", "", "&$g", ["g"], "global"),
        "static": (f"static {box} $g;\n", "", "&$g", ["g"], "global"),
        "pointer": (f"static {box} *$g;\n", f"$g = {new};\n", "$g", ["g"], "global"),
        "member": (owner + "static struct $owner $g;\n", "", "&$g.$member", ["g"], "global"),
        "heap member": (owner + "static struct $owner *$g;\n", f"$g = {owner_new};\n", "&$g->$member", ["g"], "global"),
        "two hops": (owner + "static struct {\n\tlong $a;\n\tstruct $owner **$b;\n} $g;\n",
                     f"$g.$b = (struct $owner **)calloc(2, sizeof(void *));\n*$g.$b = {owner_new};\n", "&(*$g.$b)->$member", ["g"],
                     "global"),
        "tls": (f"static {tls} {box} $g;\n", "", "&$g", ["g"], "tls"),
        "tls pointer": (f"static {tls} {box} *$g;\n", f"$g = {new};\n", "$g", ["g"], "tls"),
        "local": ("", f"{box} $l{zero};\n{clear}", "&$l", ["l", "worker"], "stack"),
        "local pointer": ("", f"{box} *$l = {new};\n", "$l", ["l", "worker"], "stack"),
        "local object": (owner, f"struct $owner *$l = {owner_new};\n", "&$l->$member", ["l", "worker"], "stack"),
        "argument": (owner, "struct $owner *$l = (struct $owner *)argument;\n", "&$l->$member", ["l", "worker", "main"], "stack"),
        "function static": ("", f"static {box} $s;\n", "&$s", ["s"], "global"),
        "getter": (f"ATTR static {box} *$get(void)\n{{\n\tstatic {box} $s;\n\n\treturn &$s;\n}}\n", "", "$get()", ["s"], "global"),
    }
    declare, begin, expr, names, root = kinds[kind]
    scope.known["worker"], scope.known["main"] = worker, "main"
    begin_text = scope.render(begin)
    return Holder(kind, scope.render(declare), begin_text, scope.render(expr), [scope[n] for n in names], root, kind == "argument")


def outside(scope, expr, name):
    """A member of an object that the program declares after all its boxes."""
    return Holder("member of a shared object", "", "", expr, [name], "global")


def argument_code(scope, style):
    """What main hands the thread."""
    return scope.render("new struct $owner()" if style.language == "c++" else "calloc(1, sizeof(struct $owner))")
