"""Names without meaning, and text with holes for them.

In a template `$word` stands for a name that is drawn once for each scope, `<<word>>` for a value given by the caller,
`ALLOC{TYPE}{SIZE}`, `FREE{POINTER}` and `ATTR` for what the program's style makes of them.
"""
import re

ONSETS = ["b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br", "dr", "gl", "kr", "pl", "sk", "tr", "vl"]
NUCLEI = ["a", "e", "i", "o", "u", "ai", "ei", "ou"]
CODAS = ["", "", "", "l", "m", "n", "r", "s", "x", "th", "lk", "nd", "rv"]


class Names:
    """Draws names for one program: made of syllables, in the program's own style, never the same twice."""

    def __init__(self, rng):
        self.rng = rng
        self.used = set()
        self.style = rng.choice(["snake", "snake", "camel"])

    def syllables(self, count):
        return "".join(self.rng.choice(ONSETS) + self.rng.choice(NUCLEI) + self.rng.choice(CODAS) for _ in range(count))

    def draw(self):
        while True:
            first, second = self.syllables(2), self.syllables(self.rng.choice([1, 2]))
            name = first + "_" + second if self.style == "snake" else first + second.capitalize()
            if name not in self.used:
                self.used.add(name)
                return name


class Scope:
    """The names of one part of a program, by what they are for."""

    def __init__(self, style):
        self.style = style
        self.known = {}

    def __getitem__(self, word):
        if word not in self.known:
            self.known[word] = self.style.names.draw()
        return self.known[word]

    def same(self, other, *words):
        """Uses the names of another scope for some words."""
        for word in words:
            self.known[word] = other[word]

    def render(self, text, **values):
        text = re.sub(r"<<(\w+)>>", lambda m: str(values[m.group(1)]), text)
        text = self.style.expand(text)
        return re.sub(r"\$(\w+)", lambda m: self[m.group(1)], text)


class Style:
    """What one program looks like: its language, its allocation functions, its attributes."""

    ATTRIBUTES = ["", "", "", "__attribute__((noinline)) ", "__attribute__((noinline)) ", "__attribute__((always_inline)) inline "]

    def __init__(self, rng, language):
        self.rng = rng
        self.language = language
        self.names = Names(rng)
        self.wrapper = None
        self.fixed = None

    def choose_allocation(self):
        """One way for the whole program: libc's, a wrapper of its own, or the library's."""
        ways = ["malloc", "malloc", "calloc"]
        if self.language == "c":
            ways.append("wrapper")
        if self.language == "glib":
            ways += ["g_malloc", "g_malloc"]
        if self.language == "c++":
            ways += ["new", "new"]
        self.fixed = self.rng.choice(ways)
        if self.fixed == "wrapper":
            self.wrapper = self.names.draw()

    def wrapper_code(self):
        if not self.wrapper:
            return ""
        many = self.rng.choice(["noinline, noclone", "noinline"])
        return (f"__attribute__(({many})) static void *{self.wrapper}(size_t n)\n{{\n\tvoid *p = malloc(n ? n : 1);\n\n"
                f"\tif (!p)\n\t\tabort();\n\treturn p;\n}}\n")

    def allocate(self, kind, size):
        way = self.fixed
        call = {
            "malloc": f"malloc({size})",
            "calloc": f"calloc(1, {size})",
            "wrapper": f"{self.wrapper}({size})",
            "g_malloc": f"g_malloc({size})",
            "new": f"::operator new({size})",
        }[way]
        return f"({kind} *){call}"

    def release(self, pointer):
        free = {"g_malloc": "g_free", "new": "::operator delete"}.get(self.fixed, "free")
        return f"{free}({pointer})"

    def expand(self, text):
        text = re.sub(r"ALLOC\{([^}]*)\}\{([^}]*)\}", lambda m: self.allocate(m.group(1), m.group(2)), text)
        text = re.sub(r"FREE\{([^}]*)\}", lambda m: self.release(m.group(1)), text)
        return re.sub(r"\bATTR ", lambda m: self.rng.choice(self.ATTRIBUTES), text)
