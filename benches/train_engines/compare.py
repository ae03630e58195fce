#!/usr/bin/env python3
"""Runs engines in turn, several rounds, and prints a table: compare.py --rounds 3 --batch 2 8 --threads 1 2 NAME=COMMAND...

COMMAND gets "BATCH THREADS STEPS" appended. The first step of each run is not counted. The first engine is what the others are divided by.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess

parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--steps", type=int, default=4)
parser.add_argument("--batch", type=int, nargs="+", default=[2, 8])
parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
parser.add_argument("--engine", action="append", required=True, help="NAME=COMMAND")
options = parser.parse_args()
engines = [e.split("=", 1) for e in options.engine]
print("| engine | batch | threads | CPU s a step, median (min..max) | times the first | wall s, median | peak MiB | loss of the last step |")
print("|---|---|---|---|---|---|---|---|")
for batch in options.batch:
    for threads in options.threads:
        runs = {name: [] for name, _ in engines}
        for _ in range(options.rounds):
            for name, command in engines:
                n = str(threads)
                environment = dict(os.environ, RAYON_NUM_THREADS=n, OMP_NUM_THREADS=n, MKL_NUM_THREADS=n, OPENBLAS_NUM_THREADS=n)
                words = shlex.split(command) + [str(batch), n, str(options.steps)]
                result = subprocess.run(words, env=environment, capture_output=True, text=True)
                if result.returncode == 0:
                    runs[name].append(json.loads(result.stdout.splitlines()[-1]))
                else:
                    print(f"<!-- {name}: {result.stderr.strip().splitlines()[-1:]} -->")
        first = None
        for name, _ in engines:
            if not runs[name]:
                continue
            cpu = [c for run in runs[name] for c in run["cpu"][1:]]
            wall = [c for run in runs[name] for c in run["wall"][1:]]
            median = statistics.median(cpu)
            first = first or median
            peak = max(run["peak_mib"] for run in runs[name])
            print(
                f"| {name} | {batch} | {threads} | {median:.2f} ({min(cpu):.2f}..{max(cpu):.2f}) | {median / first:.1f} | {statistics.median(wall):.2f} | {peak:.0f} | {runs[name][-1]['loss'][-1]:.6f} |",
                flush=True,
            )
