"""Decodes a log that netecho wrote from known values, and finds exactly those, each in its bucket.

usage: hdr_log_test.py PRINT_HDR_LOG
"""

import collections
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "support"))
import hdr_log

HOUR = 3_600_000_000_000
PROGRAM = sys.argv[1]


def counted(values):
    """By the highest value of the bucket: one nanosecond wide below 2,048, then 1/1,024 of an octave."""
    counts = collections.Counter()
    for value in values:
        width = 2 ** max(0, value.bit_length() - 11)
        counts[value - value % width + width - 1] += 1
    return counts


VALUES = {
    "empty": [],
    "one": [1_500_000],
    "zeros": [0, 2, 2_047, 2_048, 2_051, 70_000_000],
    # What is longer than the scale counts at its end.
    "hour": [HOUR, HOUR],
    "doublings": [value for n in range(42) for value in (2**n - 1, 2**n)],
    "million": [i * i % 5_000_011 for i in range(1_000_000)],
}
LONGEST_MS = {"empty": 0, "one": 1.5, "zeros": 70, "hour": 7_200_000, "doublings": 2**41 / 1e6, "million": 5}


class HdrLog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        log = subprocess.run([PROGRAM], check=True, stdout=subprocess.PIPE, timeout=60).stdout
        cls.start, rows = hdr_log.read_log(log.decode())
        cls.rows = {row[0]: row[1:] for row in rows}

    def test_every_count_is_in_its_bucket(self):
        self.assertEqual(list(self.rows), list(VALUES))
        for tag, values in VALUES.items():
            with self.subTest(tag):
                self.assertEqual(self.rows[tag][3], counted(values))

    def test_intervals_say_when_how_long_and_the_longest_in_milliseconds(self):
        self.assertEqual(self.start, 1_700_000_000.123)
        for i, (tag, longest) in enumerate(LONGEST_MS.items()):
            with self.subTest(tag):
                length = 0.5 if tag == "million" else 1
                self.assertEqual(self.rows[tag][:3], (i, length, float(f"{longest:.3f}")))

    def test_percentiles_of_a_million_are_at_most_a_thousandth_above(self):
        values = sorted(VALUES["million"])
        for p in (0.25, 0.5, 0.9, 0.99, 0.999, 1):
            exact = values[max(0, round(p * len(values)) - 1)]
            decoded = hdr_log.percentile(self.rows["million"][3], p)
            self.assertTrue(exact <= decoded < exact * 1.001, (p, exact, decoded))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
