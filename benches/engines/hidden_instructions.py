"""A virtual environment in which onnxruntime and OpenVINO can be made to see a lesser processor than this one.

    python3.11 -m venv lesser
    lesser/bin/pip install -r benches/engines/requirements.txt
    lesser/bin/python benches/engines/hidden_instructions.py
    lesser/bin/python benches/engines/compare.py --processor avx2

Their own settings can't: onnxruntime has none, and OpenVINO asks the processor itself where oneDNN's ONEDNN_MAX_CPU_ISA hides something from oneDNN.
So each CPUID instruction in the environment's copies of their libraries becomes an invalid one, and hidden_instructions.c, built here, answers it.
After that the environment is good for nothing else. Wants objdump and a C compiler; Linux, x86-64.
"""

import subprocess
import sys
from pathlib import Path

CPUID, INVALID = b"\x0f\xa2", b"\x0f\x0b"
LIBRARIES = ["onnxruntime/capi/onnxruntime_pybind11_state*.so", "openvino/libs/libopenvino.so*", "openvino/libs/libopenvino_intel_cpu_plugin.so"]
HERE = Path(__file__).resolve().parent


def answering_library():
    """Where the library lies that LD_PRELOAD wants."""
    return Path(sys.prefix) / "hidden_instructions.so"


def file_offsets(library):
    """Address and place in the file of each section with instructions."""
    headers = subprocess.run(["objdump", "-h", "-w", library], capture_output=True, text=True, check=True).stdout
    for line in headers.splitlines():
        columns = line.split()
        if "CODE" in line and columns[0].isdigit():
            size, address, offset = (int(columns[at], 16) for at in (2, 3, 5))
            yield range(address, address + size), offset


def hide(library):
    """Overwrites every CPUID; gives how many there were."""
    sections = list(file_offsets(library))
    code = bytearray(library.read_bytes())
    listing = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", library], stdout=subprocess.PIPE, text=True)
    count = 0
    for line in listing.stdout:
        if not line.endswith("\tcpuid\n"):
            continue
        address = int(line.split(":")[0], 16)
        addresses, offset = next(section for section in sections if address in section[0])
        at = offset + address - addresses.start
        assert code[at : at + 2] == CPUID, f"{library}: no CPUID at {address:x}"
        code[at : at + 2] = INVALID
        count += 1
    assert listing.wait() == 0
    library.write_bytes(code)
    return count


def main():
    if sys.prefix == sys.base_prefix:
        sys.exit("run this with a virtual environment's own python: it changes the packages installed there")
    packages = next(Path(sys.prefix).glob("lib/python3*/site-packages"))
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", answering_library(), HERE / "hidden_instructions.c"], check=True)
    for pattern in LIBRARIES:
        for library in packages.glob(pattern):
            print(f"{library.relative_to(packages)}: {hide(library)} places")


if __name__ == "__main__":
    main()
