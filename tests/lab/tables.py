"""The tables of `compare`, from the JSON files of its runs."""

import json

from runs import RUNS


def print_tables(folder, runs, server_names):
    results = [json.loads(path.read_text()) for path in sorted(folder.glob("*-*-*.json"))]
    for run in runs:
        of_run = [result for result in results if result["run"] == run]
        if of_run:
            print(table(run, of_run, server_names), flush=True)


def table(run, results, server_names):
    columns = RUNS[run].columns
    lines = [f"### {run}: {RUNS[run].title}", "",
             "| server | " + " | ".join(column.title for column in columns) + " |",
             "|---" * (len(columns) + 1) + "|"]
    notes = []
    for server in server_names:
        of_server = [result for result in results if result["server"] == server]
        if not of_server:
            continue
        measured = [result for result in of_server if "figures" in result]
        cells = [cell([result["figures"][column.key] for result in measured], column.digits)
                 for column in columns]
        lines.append(f"| {server} {of_server[0]['version']} | " + " | ".join(cells) + " |")
        notes += [note(server, result) for result in of_server
                  if "figures" not in result or result["doubts"]]
    return "\n".join(lines + [""] + notes + [""] * bool(notes))


def cell(values, digits):
    """Least to most, or the one value that all seeds have."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return "n/a"
    least, most = (f"{value:.{digits}f}" for value in (known[0], known[-1]))
    return least if least == most else f"{least} to {most}"


def note(server, result):
    if "figures" not in result:
        return f"{server}, seed {result['seed']}: n/a, {result['not_possible']}"
    return f"{server}, seed {result['seed']}: INVALID, {'; '.join(result['doubts'])}"
