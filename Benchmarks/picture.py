"""Curves over time as an SVG file, logarithmic upwards: engines differ by factors."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 860, 420, 70, 50, 230, 40
# In the order in which curves are added, the two engines in turn.
COLOURS = ("#5aa9e6", "#f2a65a", "#1b6ca8", "#c8553d", "#0b3954", "#8a2c0d")


class Picture:
    def __init__(self, title, unit):
        self.title, self.unit, self.curves = title, unit, []

    def add(self, name, points):
        """Points are (seconds, value), values above 0."""
        self.curves.append((name, [(x, y) for x, y in points if y > 0]))

    def write(self, path):
        points = [point for _, curve in self.curves for point in curve]
        end = max((x for x, _ in points), default=1)
        low, high = (function(y for _, y in points) if points else 1 for function in (min, max))
        bottom, top = math.floor(math.log10(low)), max(math.ceil(math.log10(high)), math.floor(math.log10(low)) + 1)

        def across(x):
            return LEFT + x / end * (WIDTH - LEFT - RIGHT)

        def up(y):
            return HEIGHT - BOTTOM - (math.log10(y) - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

        out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT),
               '<rect width="100%" height="100%" fill="white"/>',
               '<text x="%d" y="25" font-size="16">%s</text>' % (LEFT, escape(self.title))]
        for exponent in range(bottom, top + 1):
            y = up(10 ** exponent)
            out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>' % (LEFT, WIDTH - RIGHT, y, y))
            out.append('<text x="%d" y="%.1f" text-anchor="end">%s</text>' % (LEFT - 8, y + 4, format(10 ** exponent, ",g")))
        for part in range(5):
            x = across(end * part / 4)
            out.append('<text x="%.1f" y="%d" text-anchor="middle">%.3g s</text>' % (x, HEIGHT - BOTTOM + 20, end * part / 4))
        out.append('<text x="%d" y="%d" text-anchor="end">%s</text>' % (LEFT - 8, TOP - 10, escape(self.unit)))
        for number, (name, curve) in enumerate(self.curves):
            colour = COLOURS[number % len(COLOURS)]
            line = " ".join("%.1f,%.1f" % (across(x), up(y)) for x, y in curve)
            out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>' % (line, colour))
            y = TOP + 18 * number
            out.append('<line x1="%d" x2="%d" y1="%d" y2="%d" stroke="%s" stroke-width="3"/>' % (WIDTH - RIGHT + 15, WIDTH - RIGHT + 35, y, y, colour))
            out.append('<text x="%d" y="%d">%s</text>' % (WIDTH - RIGHT + 42, y + 4, escape(name)))
        with open(path, "w") as file:
            file.write("\n".join(out) + "\n</svg>\n")
