"""The completions of sluicectl in real shells, and its manual in real formatters."""

import pathlib
import shutil
import subprocess
import unittest

from lab import BIN, PATIENCE, SystemTest

CONF = pathlib.Path(__file__).resolve().parent.parent.parent / "conf"
BASH_SCRIPT = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_sluicectl
printf '%s\\n' "${COMPREPLY[@]}"
"""


def help_of(*words):
    return subprocess.run([BIN / "sluicectl", *words, "--help"], capture_output=True, text=True,
                          timeout=PATIENCE, check=True).stdout


class Bash(SystemTest):
    def complete(self, *words):
        """What bash offers for the last of `words`."""
        self.need("bash")
        done = subprocess.run(
            ["bash", "--norc", "-u", "-c", BASH_SCRIPT, "bash", CONF / "completion/sluicectl.bash",
             "sluicectl", *words], capture_output=True, text=True, timeout=PATIENCE,
            cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_verbs_are_those_of_the_help(self):
        text = help_of()
        verbs = self.complete("")
        self.assertGreater(len(verbs), 10)
        for verb in verbs:
            self.assertRegex(text, rf"(?m)^  {verb} ")
        self.assertEqual(self.complete("st"), ["status", "stats"])
        for action in self.complete("cache", ""):
            self.assertRegex(help_of("cache"), rf"(?m)^  {action} ")

    def test_options_are_those_of_the_verb(self):
        self.assertEqual(self.complete("--"), ["--socket", "--json", "--help", "--version"])
        self.assertEqual(self.complete("top", "--"),
                         ["--socket", "--json", "--help", "--window", "--count"])
        self.assertEqual(self.complete("watch", "--i"), ["--interval"])
        self.assertEqual(self.complete("recorder", "--p"), ["--pcap"])
        self.assertEqual(self.complete("status", "--w"), [])

    def test_values_are_those_of_the_option(self):
        self.assertEqual(self.complete("top", "--window", ""), ["minute", "hour"])
        self.assertEqual(self.complete("top", "--count", ""), [])
        self.assertEqual(self.complete("log-level", "w"), ["warn"])
        self.assertEqual(self.complete("explain", "www.example", "AA"), ["AAAA"])
        self.assertEqual(self.complete("explain", ""), [])

    def test_a_value_is_not_taken_for_the_verb(self):
        (self.folder / "control.sock").touch()
        self.assertEqual(self.complete("--socket", "con"), ["control.sock"])
        self.assertEqual(self.complete("--socket", "x.sock", "--json", "dia"), ["diagnose"])
        self.assertEqual(self.complete("--socket", "x.sock", "cache", "flush-"),
                         ["flush-tree", "flush-all"])

    def test_files_with_spaces_stay_one_word(self):
        (self.folder / "my capture").touch()
        done = subprocess.run(
            ["bash", "--norc", "-c", BASH_SCRIPT, "bash", CONF / "completion/sluicectl.bash",
             "sluicectl", "recorder", "--pcap", "my"], capture_output=True, text=True,
            timeout=PATIENCE, cwd=self.folder)
        self.assertEqual(done.stdout, "my capture\n")


class Zsh(SystemTest):
    def test_it_is_a_completion_that_zsh_takes(self):
        self.need("zsh")
        script = (f"fpath=({CONF}/completion $fpath); autoload -U compinit; compinit -D -u; "
                  "print -r -- ${_comps[sluicectl]}; autoload +X _sluicectl")
        done = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual((done.stdout, done.stderr), ("_sluicectl\n", ""))


class Manual(SystemTest):
    FORMATTERS = {"mandoc": ("-Tlint", "-Wwarning"), "groff": ("-mdoc", "-ww", "-z", "-Tutf8")}

    def test_formatters_find_nothing_wrong(self):
        there = {name: options for name, options in self.FORMATTERS.items() if shutil.which(name)}
        if not there:
            self.skipTest("neither mandoc nor groff is installed")
        for name, options in there.items():
            done = subprocess.run([name, *options, CONF / "man/sluicectl.1"], capture_output=True,
                                  text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), name)


if __name__ == "__main__":
    unittest.main()
