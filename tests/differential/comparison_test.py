"""The comparison itself: it sees each kind of difference, and is silent where there is none."""

import dataclasses
import pathlib
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))

import message
import model
from message import Malformed, wire_name
from questions import Question, Shape
from wire import AA, AD, QR, RA, RD, TC, header, opt, record

NAME = wire_name("www", "example")
QUESTION = Question("", NAME, 1, 1, False, False)
SHAPE = Shape("UDP", True, False, 1232, False, wire_name("wWw", "example"))
POINTER = b"\xc0\x0c"  # to the question's name
FRESH = model.Age(0)


def address(last, ttl=300, owner=POINTER):
    return record(owner, "A", 1, ttl, bytes((192, 0, 2, last)))


def nameserver(ttl=300):
    return record(POINTER, "NS", 1, ttl, b"\x02ns" + POINTER)


def build(answer=(), authority=(), additional=(), flags=QR | RD | RA, name=SHAPE.name, edns=opt()):
    counts = (1, len(answer), len(authority), len(additional) + (1 if edns else 0))
    return header(7, flags, counts) + QUESTION.section(name) + \
        b"".join((*answer, *authority, *additional)) + edns


def upstream(answer, authority=(), additional=()):
    return message.read(build(answer, authority, additional, QR | RD | AA, NAME))


class Decoder(unittest.TestCase):
    def test_names_are_written_out_wherever_they_are_compressed(self):
        read = message.read(build([nameserver()]))
        self.assertEqual(read.answer[0].key, (NAME, 2, 1, wire_name("ns", "www", "example")))

    def test_rdata_of_unknown_types_is_left_alone(self):
        read = message.read(build([record(POINTER, 65_280, 1, 300, POINTER + b"AbC")]))
        self.assertEqual(read.answer[0].rdata, POINTER + b"AbC")

    def test_what_is_malformed_is_not_read(self):
        whole = build([address(1), nameserver()])
        own_pointer = struct.pack("!H", 0xc000 | 12 + len(QUESTION.section(NAME)))
        for what, octets in {
                "an octet too many": whole + b"\0", "an octet too few": whole[:-1],
                "no header": whole[:11],
                "a pointer to itself": build([address(1, owner=own_pointer)]),
                "a label of an unknown kind": build([address(1, owner=b"\x41a\0")]),
                "a name in RDATA that ends early":
                    build([record(POINTER, "NS", 1, 300, b"\x02ns" + POINTER + b"\0")]),
                "two OPT records": build(additional=[opt()]),
                "an OPT record in the answer": build([opt()], edns=b""),
                "a name of 257 octets": build([address(1, owner=(b"?" + b"a" * 63) * 4 + b"\0")]),
        }.items():
            with self.subTest(what), self.assertRaises(Malformed):
                message.read(octets)


class Difference(unittest.TestCase):
    """One good reply, and it again with one thing wrong."""

    def setUp(self):
        self.upstream = upstream([address(1), address(2)], [nameserver()], [address(3)])
        self.good = {"answer": [address(1), address(2)], "authority": [nameserver()],
                     "additional": [address(3)]}

    def problems(self, shape=SHAPE, age=FRESH, **changes):
        reply = message.read(build(**self.good | changes))
        expected = model.expected(QUESTION, shape, self.upstream, is_cached=False)
        return model.problems(QUESTION, shape, expected, reply, age)

    def test_the_same_is_no_difference(self):
        self.assertEqual(self.problems(), [])
        self.assertEqual(self.problems(answer=[address(2), address(1)]), [], "order says nothing")

    def test_every_change_is_one(self):
        good_flags = QR | RD | RA
        for what, changes in {
                "other data": {"answer": [address(1), address(9)]},
                "a record too few": {"answer": [address(1)]},
                "a record twice": {"answer": [address(1), address(2), address(2)]},
                "another section": {"answer": self.good["answer"] + self.good["authority"],
                                    "authority": []},
                "no authority": {"authority": []}, "no additional": {"additional": []},
                "another owner": {"answer": [address(1), address(2, owner=b"\x01x" + POINTER)]},
                "a larger TTL": {"authority": [nameserver(301)]},
                "a smaller TTL": {"authority": [nameserver(299)]},
                "AA": {"flags": good_flags | AA}, "AD": {"flags": good_flags | AD},
                "TC": {"flags": good_flags | TC}, "no RA": {"flags": QR | RD},
                "no RD": {"flags": QR | RA}, "Z": {"flags": good_flags | 0x40},
                "NXDOMAIN": {"flags": good_flags | 3},
                "other letters": {"name": NAME}, "no OPT": {"edns": b""},
                "DO": {"edns": opt(flags=0x8000)}, "a version": {"edns": opt(version=1)},
                "an extended RCODE": {"edns": opt(version=1 << 8)},
                "an option": {"edns": opt(options=struct.pack("!HH", 65_001, 0))},
        }.items():
            with self.subTest(what):
                self.assertNotEqual(self.problems(**changes), [])

    def test_an_opt_record_that_was_not_asked_for(self):
        plain = dataclasses.replace(SHAPE, offers=None)
        self.assertEqual(self.problems(plain, edns=b""), [])
        self.assertNotEqual(self.problems(plain), [])

    def test_ages_are_allowed_to_the_second(self):
        older = {"authority": [nameserver(295)]}
        self.assertEqual(self.problems(age=model.Age(5), **older), [])
        self.assertNotEqual(self.problems(age=model.Age(4), **older), [])


class Rules(unittest.TestCase):
    def expected(self, room, *sections):
        # Over UDP no client offers less than 512 octets, so the names of the records are long.
        shape = dataclasses.replace(SHAPE, offers=room)
        return model.expected(QUESTION, shape, upstream(*sections), is_cached=False)

    def sets(self):
        long = b"?" + b"l" * 63 + POINTER  # "?" is 63; 80 octets a record
        return [[address(i, owner=long) for i in range(start, start + 4)] for start in (10, 20, 30)]

    def test_the_additional_section_goes_first_then_all_but_whole_answers(self):
        answer, authority, additional = self.sets()
        size = len(build(answer, authority, additional))
        for room, counts, is_cut in ((size, (4, 4, 4), False), (size - 1, (4, 4, 0), False),
                                     (size - 4 * 80, (4, 4, 0), False),
                                     (size - 4 * 80 - 1, (4, 0, 0), True)):
            with self.subTest(room=room):
                got = self.expected(room, answer, authority, additional)
                sections = (got.answer, got.authority, got.additional)
                self.assertEqual(tuple(map(len, sections)), counts)
                self.assertEqual(got.is_cut, is_cut)

    def test_answers_are_kept_in_order_as_many_as_fit(self):
        answer = [address(i, owner=b"?" + b"l" * 63 + POINTER) for i in range(20)]
        six = len(build(answer[:6]))
        for room, kept in ((six, 6), (six - 1, 5), (six + 79, 6), (six + 80, 7)):
            with self.subTest(room=room):
                got = self.expected(room, answer)
                self.assertEqual([r.rdata[3] for r in got.answer], list(range(kept)))
                self.assertTrue(got.is_cut)

    def test_what_is_no_answer_is_servfail(self):
        refusing = message.read(build(flags=QR | RD | 5, name=NAME))
        for said in (refusing, None):
            self.assertEqual(model.expected(QUESTION, SHAPE, said, False), model.Expected(2))

    def test_without_rd_only_what_is_cached_is_answered(self):
        shape = dataclasses.replace(SHAPE, recursion_desired=False)
        said = upstream([address(1)])
        self.assertEqual(model.expected(QUESTION, shape, said, False), model.Expected(5))
        self.assertEqual(len(model.expected(QUESTION, shape, said, True).answer), 1)


if __name__ == "__main__":
    unittest.main()
