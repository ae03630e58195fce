"""fishrig beside onnxruntime and OpenVINO: the same networks, the same crop, the same machine, in turn.

    python benches/engines/compare.py                        # the default network
    python benches/engines/compare.py --network full=FLOAT_BUNDLE,INT8_BUNDLE
    python benches/engines/compare.py --processor avx2       # as on a lesser processor; in the environment of hidden_instructions.py

Every round starts each contender once, as a process of its own, one after another: load, one run that is not measured, then the measured ones.
So whatever else the machine does meets all of them alike. A contender's figure of a round is the median of its runs; the table gives the median
over the rounds with the least and greatest round, and the ratio to onnxruntime float of the same round. Times are those of the network alone,
but for fishrig's processor time, which includes preparing the crop and making the masks (a few milliseconds).

Wants Python 3.11 and requirements.txt; Linux, for the peak of memory.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from hidden_instructions import answering_library

ROOT = Path(__file__).resolve().parents[2]
CROP = ROOT / "tests/data/starter/check_input.png"

# Name in the table, worker, which bundle, its option.
CONTENDERS = [
    ("onnxruntime float", "onnxruntime", "float", ""),
    ("onnxruntime int8", "onnxruntime", "int8", ""),
    # Without VNNI the default kernels for 8-bit weights saturate sums at 16 bits; this option asks for right ones.
    ("onnxruntime int8, exact", "onnxruntime", "int8", "exact"),
    ("OpenVINO float", "openvino", "float", ""),
    ("OpenVINO int8", "openvino", "int8", ""),
    ("fishrig float", "fishrig", "float", ""),
    # What a file has in floats in half precision, as OpenVINO computes it by default where the processor has bfloat16.
    ("fishrig float in halves", "fishrig", "float", "--half-precision"),
    ("fishrig int8", "fishrig", "int8", ""),
    ("fishrig int8, floats in halves", "fishrig", "int8", "--half-precision"),
]

# A lesser processor than this one: what hidden_instructions.c hides from the peers, and fishrig's kernels for it.
PROCESSORS = {"avx-vnni": ("avx512", "AVX-VNNI"), "avx2": ("avx512,vnni", "AVX2")}


def network_input(bundle):
    """The crop as the bundle's manifest wants it, 1x3xHxW float32."""
    import numpy as np
    from PIL import Image

    spec = tomllib.loads((bundle / "manifest.toml").read_text())["input"]
    size = (spec["width"], spec["height"])
    picture = Image.open(CROP).convert("RGB").resize(size, Image.Resampling.BILINEAR)
    unit = np.asarray(picture, np.float32) / np.float32(255)
    values = (unit - np.array(spec["mean"])) / np.array(spec["std"])
    return values.astype(np.float32).transpose(2, 0, 1)[None].copy()


def onnxruntime_runner(path, threads, option):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    if option == "exact":
        options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return onnxruntime.__version__, lambda values: session.run(None, {name: values})


def openvino_runner(path, threads, _option):
    import openvino

    settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    request = openvino.Core().compile_model(path, "CPU", settings).create_infer_request()
    return openvino.__version__, lambda values: request.infer([values])


def peak_bytes():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def worker(runtime, bundle, threads, runs, option):
    """What a peer's process does: prints one line of JSON."""
    bundle = Path(bundle)
    values = network_input(bundle)
    begin = time.perf_counter()
    make = {"onnxruntime": onnxruntime_runner, "openvino": openvino_runner}[runtime]
    version, run = make(str(bundle / "network.onnx"), threads, option)
    load = time.perf_counter() - begin
    run(values)
    wall, processor = [], []
    for _ in range(runs):
        begin = time.perf_counter(), time.process_time()
        run(values)
        wall.append(time.perf_counter() - begin[0])
        processor.append(time.process_time() - begin[1])
    measured = {
        "version": version,
        "wall": statistics.median(wall),
        "processor": statistics.median(processor),
        "load": load,
        "peak": peak_bytes(),
    }
    print(json.dumps(measured))


def start(arguments, runtime, bundle, threads, option):
    """Runs one contender once and gives its medians; None where it does not take the network."""
    environment = dict(os.environ)
    hidden, kernels = PROCESSORS.get(arguments.processor, (None, None))
    if runtime == "fishrig":
        command = [arguments.fishrig, "model", "bench", bundle, "--json", "--image", CROP]
        command += ["--threads", threads, "--runs", arguments.runs, *option.split()]
        command += ["--kernels", kernels] if kernels else []
    else:
        command = [sys.executable, __file__, "--worker", runtime, bundle, threads, arguments.runs, option]
        environment |= {"HIDE": hidden, "LD_PRELOAD": str(answering_library())} if hidden else {}
    ended = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
    if ended.returncode != 0:
        print(f"{runtime} {bundle}: {ended.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    said = json.loads(ended.stdout)
    if runtime != "fishrig":
        return said
    return {
        "version": "this tree",
        "wall": said["network"]["median"],
        "processor": said["processor"]["median"],
        "load": said["load"],
        "peak": said["memory"]["peak_after_running"],
    }


def spread(values, scale, digits):
    low, high = min(values) * scale, max(values) * scale
    return f"{statistics.median(values) * scale:.{digits}f} ({low:.{digits}f}..{high:.{digits}f})"


def compare(name, bundles, threads, arguments):
    # Halves are no kernels of lesser processors.
    contenders = [one for one in CONTENDERS if not (arguments.processor and one[3] == "--half-precision")]
    rounds = []
    for number in range(arguments.rounds):
        measured = {}
        for label, runtime, which, option in contenders:
            measured[label] = start(arguments, runtime, bundles[which], threads, option)
        rounds.append(measured)
        print(f"{name}, {threads} thread(s): round {number + 1} of {arguments.rounds}", file=sys.stderr)
    for label, *_ in contenders:
        got = [measured[label] for measured in rounds if measured[label]]
        if len(got) < len(rounds):
            print(f"| {name} | {threads} | {label} | does not run it | | | | |")
            continue
        base = [measured["onnxruntime float"]["processor"] for measured in rounds]
        ratios = [one["processor"] / other for one, other in zip(got, base)]
        columns = [
            name,
            str(threads),
            label,
            spread([one["processor"] for one in got], 1e3, 0),
            spread(ratios, 1, 2),
            spread([one["wall"] for one in got], 1e3, 0),
            f"{statistics.median(one['load'] for one in got) * 1e3:.0f}",
            f"{max(one['peak'] for one in got) / 1e6:.0f}",
        ]
        print(f"| {' | '.join(columns)} |", flush=True)


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in lines if line.startswith(("model name", "Model"))]
    flags = next((line.split() for line in lines if line.startswith(("flags", "Features"))), [])
    special = [flag for flag in flags if flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "asimddp", "asimdhp", "i8mm")]
    load = Path("/proc/loadavg").read_text().split()[0]
    model = models[0] if models else platform.machine()
    return f"{model}, {len(models)} processors ({', '.join(special)}), load average {load}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fishrig", default=ROOT / "target/debug/fishrig", help="the program")
    parser.add_argument("--network", action="append", help="NAME=FLOAT_BUNDLE,INT8_BUNDLE; may be repeated")
    parser.add_argument("--processor", choices=PROCESSORS, help="the processor that all are to believe in")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--runs", type=int, default=5, help="measured runs of a contender in a round")
    arguments = parser.parse_args()
    if arguments.processor and not answering_library().exists():
        sys.exit("--processor wants the environment that hidden_instructions.py makes")
    default = f"default={ROOT / 'models/lite0-float'},{ROOT / 'models/lite0-int8'}"
    believed = f", as a processor with {arguments.processor}" if arguments.processor else ""
    print(f"{time.strftime('%d %B %Y %H:%M')}, {machine()}{believed}")
    print(f"{arguments.rounds} rounds of {arguments.runs} runs\n")
    print("| network | threads | runtime | processor ms | ratio | wall ms | load ms | peak MB |")
    print("|---|---|---|---|---|---|---|---|")
    for network in arguments.network or [default]:
        name, bundles = network.split("=", 1)
        float_bundle, int8_bundle = bundles.split(",")
        for threads in arguments.threads:
            compare(name, {"float": float_bundle, "int8": int8_bundle}, threads, arguments)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        runtime, bundle, threads, runs, option = sys.argv[2:7]
        worker(runtime, bundle, int(threads), int(runs), option)
    else:
        main()
