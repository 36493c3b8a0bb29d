"""Figures of a load, some of them with a bar, and the table of all."""


def count(number):
    return f"{number:,}"


def size(number):
    """Bytes as people read them."""
    for unit in ("B", "KiB", "MiB"):
        if abs(number) < 1024:
            return f"{number:,.0f} B" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1024
    return f"{number:,.2f} GiB"


class Report:
    """What one load with so many threads showed."""

    def __init__(self, load, threads):
        self.load = load
        self.threads = threads
        self.rows = []
        self.missed = []

    def tell(self, what, value):
        """A figure without a bar."""
        self.rows.append((what, str(value), "", ""))

    def want(self, what, value, bar, held):
        self.rows.append((what, str(value), bar, "held" if held else "MISSED"))
        if not held:
            self.missed.append(f"{self.load}, threads {self.threads}: {what} {value}, not {bar}")

    def exactly(self, what, value, wanted):
        self.want(what, count(value), count(wanted), value == wanted)

    def at_most(self, what, value, most, shown=count):
        self.want(what, shown(value), f"<= {shown(most)}", value <= most)


def table(reports):
    """Every figure a line; the load and its threads stand at the first of theirs."""
    head = ("load", "threads", "figure", "measured", "bar", "")
    lines = [head]
    for report in reports:
        for number, row in enumerate(report.rows):
            named = (report.load, str(report.threads)) if number == 0 else ("", "")
            lines.append(named + row)
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    out = []
    for number, line in enumerate(lines):
        if number == 1 or (number > 1 and line[0]):
            out.append("  ".join("-" * width for width in widths))
        cells = (
            cell.rjust(width) if column in (3, 4) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        )
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)
