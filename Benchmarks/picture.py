"""Curves over time as an SVG file: panels one below the other, with one legend."""
import math
from xml.sax.saxutils import escape

WIDTH, PANEL, LEFT, TOP, RIGHT, BOTTOM = 860, 210, 80, 40, 170, 30
# In the order in which curves are added, the two engines in turn.
COLOURS = ("#1b6ca8", "#c8553d", "#5aa9e6", "#f2a65a")


class Picture:
    def __init__(self, title):
        self.title, self.panels, self.names = title, {}, []

    def add(self, panel, name, points):
        """`panel` is its title; points are (seconds, value)."""
        if name not in self.names:
            self.names.append(name)
        self.panels.setdefault(panel, []).append((name, list(points)))

    def write(self, path):
        end = max((x for curves in self.panels.values() for _, curve in curves for x, _ in curve), default=1)
        height = TOP + PANEL * len(self.panels)
        out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">' % (WIDTH, height),
               '<rect width="100%" height="100%" fill="white"/>',
               '<text x="%d" y="22" font-size="16">%s</text>' % (LEFT, escape(self.title))]
        for number, name in enumerate(self.names):
            y = TOP + 20 + 20 * number
            out.append('<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="%s" stroke-width="3"/>' % (WIDTH - RIGHT + 15, WIDTH - RIGHT + 35, y, y, self.colour(name)))
            out.append('<text x="%d" y="%d">%s</text>' % (WIDTH - RIGHT + 42, y + 4, escape(name)))
        for number, (title, curves) in enumerate(self.panels.items()):
            out += self.panel(TOP + PANEL * number, title, curves, end)
        with open(path, "w") as file:
            file.write("\n".join(out) + "\n</svg>\n")

    def colour(self, name):
        return COLOURS[self.names.index(name) % len(COLOURS)]

    def panel(self, top, title, curves, end):
        highest = max((y for _, curve in curves for _, y in curve), default=1) or 1
        step = 10 ** math.floor(math.log10(highest))
        step = next(step * part for part in (0.2, 0.5, 1, 2) if highest <= step * part * 5)
        ceiling = step * math.ceil(highest / step)

        def across(x):
            return LEFT + x / end * (WIDTH - LEFT - RIGHT)

        def up(y):
            return top + PANEL - BOTTOM - y / ceiling * (PANEL - BOTTOM - 25)

        out = ['<text x="%d" y="%d">%s</text>' % (LEFT, top + 15, escape(title))]
        for mark in range(round(ceiling / step) + 1):
            y = up(mark * step)
            out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>' % (LEFT, WIDTH - RIGHT, y, y))
            out.append('<text x="%d" y="%.1f" text-anchor="end">%s</text>' % (LEFT - 8, y + 4, format(mark * step, ",g")))
        for part in range(6):
            x = across(end * part / 5)
            out.append('<text x="%.1f" y="%d" text-anchor="middle">%.3g s</text>' % (x, top + PANEL - BOTTOM + 17, end * part / 5))
        for name, curve in curves:
            line = " ".join("%.1f,%.1f" % (across(x), up(y)) for x, y in curve)
            out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>' % (line, self.colour(name)))
        return out
