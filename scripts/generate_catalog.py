#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes engine/gpu/catalog_data.cpp from engine/gpu/data/catalog.yaml.

Needs python3-yaml (Debian: apt-get install python3-yaml). The output depends on the input alone.

  scripts/generate_catalog.py           rewrite the file
  scripts/generate_catalog.py --check   exit 1 when the file is not what would be written, 77 without python3-yaml
"""
import argparse
import pathlib
import sys
from fractions import Fraction

try:
    import yaml
except ImportError:
    yaml = None

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCE = ROOT / "engine/gpu/data/catalog.yaml"
TARGET = ROOT / "engine/gpu/catalog_data.cpp"
SCHEMA = "tollgate.dev/catalog/v1"

RESOURCE_CLASSES = {"WholeGpu", "SharedGpu", "Mig", "VirtualGpu", "DeviceAspect", "OtherAccelerator"}
BILLINGS = {"OnDemand", "Spot", "Committed"}
TFLOPS = ("fp16", "bf16", "fp8")


class BadCatalog(Exception):
    """The YAML says something that cannot be generated from."""


def require(condition, message):
    if not condition:
        raise BadCatalog(message)


# The YAML is read with every scalar as text (BaseLoader), so that no figure passes through a float.
def absent(value):
    return value is None or value in ("null", "~", "")


def text(value):
    value = "" if value is None else str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def whole(value):
    return str(int(value))


def maybe_whole(value):
    return "std::nullopt" if absent(value) else whole(value)


def ratio(value):
    exact = value if isinstance(value, Fraction) else Fraction(value)
    if exact.denominator == 1:
        return f"Ratio({exact.numerator})"
    return f"Ratio::of({exact.numerator}, {exact.denominator})"


def maybe_ratio(value):
    return "std::nullopt" if absent(value) else ratio(value)


def flag(value):
    require(value in ("true", "false"), f"expected true or false, found {value!r}")
    return value


def verified(row):
    return "false" if row.get("unverified") == "true" else "true"


def join(value):
    return "; ".join(value) if isinstance(value, list) else value


def ident(name):
    return "".join(c if c.isalnum() else "_" for c in name)


def table(out, kind, function, rows):
    """A function that owns `rows` (each the text between the braces of one initialiser)."""
    out.append(f"std::span<const {kind}> {function}() {{")
    out.append(f"    static const {kind} rows[] = {{")
    out.extend(f"        {row}," for row in rows)
    out.extend(["    };", "    return rows;", "}", ""])


def strings(out, name, values):
    out.append(f"constexpr std::string_view {name}[] = {{{', '.join(text(v) for v in values)}}};")


def check_profile(table_name, profile, totals):
    where = f"mig table {table_name}, profile {profile['name']}"
    size, memory = int(profile["size"]), int(profile["memory"])
    require(size == memory, f"{where}: size {size} differs from its {memory} memory slices")
    require(int(profile["compute"]) <= totals[0] and memory <= totals[1], f"{where}: more slices than the board has")
    for start in [] if absent(profile["starts"]) else profile["starts"]:
        require(int(start) + size <= totals[1], f"{where}: start {start} runs past the last slice")


def emit_mig(out, catalog):
    tables, anonymous = [], []
    for row in catalog["mig_tables"]:
        totals = (int(row["compute_slices"]), int(row["memory_slices"]))
        profiles = []
        for p in row["profiles"]:
            check_profile(row["name"], p, totals)
            starts = "{}"
            if not absent(p["starts"]):
                starts = "starts_" + "_".join(p["starts"])
                line = f"constexpr std::int32_t {starts}[] = {{{', '.join(p['starts'])}}};"
                if line not in anonymous:
                    anonymous.append(line)
            resource = "nvidia.com/mig-" + p["name"].replace("+", ".")
            profiles.append(
                f"{{{text(p['name'])}, {text(resource)}, {text(p.get('alias'))}, {whole(p['compute'])}, "
                f"{whole(p['memory'])}, {maybe_whole(p['mib'])}, {whole(p['max'])}, {starts}, {whole(p['size'])}, "
                f"{text(p.get('min_driver'))}}}")
        name = "profiles_" + ident(row["name"])
        anonymous.append(f"constexpr MigProfile {name}[] = {{")
        anonymous.extend(f"    {profile}," for profile in profiles)
        anonymous.append("};")
        tables.append(
            f"{{{text(row['name'])}, {totals[0]}, {totals[1]}, {name}, {text(row.get('min_driver'))}, "
            f"{'false' if row.get('unverified') else 'true'}, {text(row['source'])}}}")
    out.extend(["namespace {", ""] + anonymous + ["", "}  // namespace", ""])
    table(out, "MigTable", "mig_tables", tables)


def check_floor(gpu, catalog):
    """memory_mib_at_least must follow from this board's MIG table: no more than its instances add up to."""
    if absent(gpu.get("memory_mib_at_least")):
        return
    require(not absent(gpu.get("memory_mib_at_least_from")), f"gpu {gpu['id']}: memory_mib_at_least has no derivation")
    rows = [t for t in catalog["mig_tables"] if gpu["id"] in t["gpus"]]
    require(rows, f"gpu {gpu['id']}: memory_mib_at_least without a MIG table")
    best = max(int(p["mib"]) * int(p["max"]) for p in rows[0]["profiles"] if not absent(p["mib"]))
    require(int(gpu["memory_mib_at_least"]) <= best, f"gpu {gpu['id']}: memory_mib_at_least is above {best} MiB")


def emit_skus(out, catalog):
    table_of = {gpu: index for index, row in enumerate(catalog["mig_tables"]) for gpu in row["gpus"]}
    labels, rows = ["namespace {", ""], []
    for gpu in catalog["gpus"]:
        check_floor(gpu, catalog)
        name = ident(gpu["id"])
        products = gpu.get("products", [])
        spans = {"products": "{}", "labels": "{}", "unverified": "{}"}
        if products:
            spans["products"] = f"products_{name}"
            labels.append(f"constexpr ProductLabel {spans['products']}[] = {{")
            labels.extend(f"    {{{text(p['label'])}, {verified(p)}, {text(p['source'])}}}," for p in products)
            labels.append("};")
        known = [p["label"] for p in products if verified(p) == "true"]
        if known:
            spans["labels"] = f"labels_{name}"
            strings(labels, spans["labels"], known)
        if gpu.get("unverified"):
            spans["unverified"] = f"unverified_{name}"
            strings(labels, spans["unverified"], gpu["unverified"])
        capability = "std::nullopt"
        if gpu.get("compute_capability"):
            capability = "ComputeCapability{" + gpu["compute_capability"].replace(".", ", ") + "}"
        mig = f"&mig_tables()[{table_of[gpu['id']]}]" if gpu["id"] in table_of else "nullptr"
        tflops = ", ".join(maybe_ratio(gpu.get(f"{unit}_tflops_dense")) for unit in TFLOPS)
        rows.append(
            f"{{{text(gpu['id'])}, {text(gpu['name'])}, {text(gpu['vendor'])}, {text(gpu.get('architecture'))}, "
            f"{capability}, {text(gpu.get('host_architecture'))}, {maybe_whole(gpu.get('memory_mib'))}, "
            f"{maybe_whole(gpu.get('memory_mib_at_least'))}, {text(gpu.get('memory_mib_at_least_from'))}, "
            f"{maybe_whole(gpu.get('memory_gb_nominal'))}, {maybe_whole(gpu.get('bandwidth_gbs'))}, {tflops}, "
            f"{maybe_whole(gpu.get('tdp_watts'))}, {flag(gpu['mig_capable'])}, {flag(gpu['nvlink'])}, "
            f"{spans['products']}, {spans['labels']}, {spans['unverified']}, {mig}, {text(gpu['resource'])}, "
            f"{text(join(gpu['source']))}}}")
    out.extend(labels + ["", "}  // namespace", ""])
    table(out, "Sku", "skus", rows)


def emit_prices(out, catalog):
    ids = {gpu["id"] for gpu in catalog["gpus"]}
    rows = []
    for p in catalog["prices"]:
        where = f"price of {p['provider']} {p['instance']}"
        require(p["gpu"] in ids, f"{where}: unknown gpu {p['gpu']}")
        require(p["billing"] in BILLINGS, f"{where}: unknown billing {p['billing']}")
        gpus, usd = Fraction(p["gpus"]), Fraction(p["usd_per_hour"])
        require(gpus > 0 and usd > 0, f"{where}: gpus and usd_per_hour must be above 0")
        rows.append(
            f"{{{text(p['provider'])}, {text(p['region'])}, {text(p['instance'])}, {text(p['gpu'])}, {ratio(gpus)}, "
            f"{maybe_whole(p['vcpus'])}, {maybe_ratio(p['memory_gib'])}, Billing::{p['billing']}, {ratio(usd)}, "
            f"{ratio(usd / gpus)}, {text(p['date'])}, {text(p['source'])}, {verified(p)}}}")
    table(out, "Price", "prices", rows)


def emit_names(out, catalog):
    ids = {gpu["id"] for gpu in catalog["gpus"]}
    for row in catalog["resources"]:
        require(row["class"] in RESOURCE_CLASSES, f"resource {row['name']}: unknown class {row['class']}")
    for row in catalog["label_values"]:
        require(row["gpu"] in ids, f"label value {row['value']}: unknown gpu {row['gpu']}")
    table(out, "ResourceFact", "resources",
          [f"{{{text(r['name'])}, ResourceClass::{r['class']}, {text(r['vendor'])}, {text(r['meaning'])}, "
           f"{text(r['source'])}}}" for r in catalog["resources"]])
    table(out, "std::string_view", "accelerator_domains", [text(d) for d in catalog["accelerator_domains"]])
    table(out, "LabelValue", "label_values",
          [f"{{{text(r['key'])}, {text(r['value'])}, {text(r['gpu'])}, {verified(r)}, {text(r['source'])}}}"
           for r in catalog["label_values"]])
    table(out, "CudaDriver", "cuda_drivers",
          [f"{{{whole(r['cuda'])}, {whole(r['min_driver'])}}}" for r in catalog["cuda_drivers"]])
    table(out, "LabelFact", "labels",
          [f"{{{text(r['key'])}, {text(r['values'])}, {text(r['writer'])}, {text(r['source'])}, {verified(r)}}}"
           for r in catalog["node_labels"]])


def generate(catalog):
    require(catalog.get("schema") == SCHEMA, f"schema must be {SCHEMA}")
    out = ["// SPDX-License-Identifier: Apache-2.0",
           "// Generated by scripts/generate_catalog.py from engine/gpu/data/catalog.yaml; do not edit.",
           "// clang-format off",
           '#include "engine/gpu/catalog_data.hpp"',
           "",
           "namespace tollgate::gpu::data {",
           "",
           f"std::string_view as_of() {{ return {text(catalog['as_of'])}; }}",
           ""]
    table(out, "Source", "sources", [f"{{{text(k)}, {text(v)}}}" for k, v in catalog["sources"].items()])
    emit_mig(out, catalog)
    emit_skus(out, catalog)
    emit_names(out, catalog)
    emit_prices(out, catalog)
    out.append("}  // namespace tollgate::gpu::data")
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    if yaml is None:
        print("generate_catalog.py: needs python3-yaml (apt-get install python3-yaml)", file=sys.stderr)
        return 77
    try:
        wanted = generate(yaml.load(SOURCE.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))
    except (BadCatalog, KeyError, ValueError, yaml.YAMLError) as error:
        print(f"{SOURCE}: {error}", file=sys.stderr)
        return 2
    if not check:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{TARGET} is out of date: run scripts/generate_catalog.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
