"""Writes measurements as Markdown (results.md), a plot (results.svg) and JSON (results.json)."""
import html
import json
import math
import os
import platform
import statistics

NAMES = {"vireo": "Vireo", "openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "tensorflow": "TensorFlow",
         "litert": "LiteRT"}
COLOURS = {"vireo": "#d9480f", "openvino": "#1864ab", "onnxruntime": "#5f3dc4", "tensorflow": "#e8a317",
           "litert": "#2b8a3e"}


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(folder, results, failures, settings, runtimes, options):
    medians = {key: statistics.median(values) for key, values in results.items()}
    networks = list(dict.fromkeys(key[0] for key in results))
    lines = [
        f"{processor()}, {os.cpu_count()} processors. Medians of {options.rounds} alternating runs of "
        f"{options.seconds:g} s, batch 1, f32. Ratio: the best peer's time over Vireo's; above 1, Vireo is faster.",
    ]
    for title, _, requests in settings:
        what = "median" if requests == 1 else "throughput"
        lines += table(title + (" (ms)" if requests == 1 else " (images a second)"), title, what, medians, networks,
                       runtimes, higher_is_better=requests > 1)
    title, threads, _ = settings[0]
    lines += table(f"processor time of one inference, {threads} thread(s) (ms)", title, "busy", medians, networks,
                   runtimes)
    lines += table("start to first answer (ms)", title, "first", medians, networks, runtimes)
    lines += table("peak resident memory (MiB)", title, "memory", medians, networks, runtimes)
    if failures:
        lines += ["", "### What failed"]
        lines += [f"- {network}, {NAMES.get(peer, peer)}: {error}" for network, peer, error in failures]
    (folder / "results.md").write_text("\n".join(lines) + "\n")
    (folder / "results.svg").write_text(plot(title, medians, networks, runtimes))
    (folder / "results.json").write_text(json.dumps(
        [dict(zip(("network", "setting", "runtime", "figure"), key)) | {"values": values}
         for key, values in results.items()], indent=1))


def table(heading, title, what, medians, networks, runtimes, higher_is_better=False):
    lines = ["", "### " + heading, "", "| network | " + " | ".join(NAMES[r] for r in runtimes) + " | ratio |",
             "|---|" + "---:|" * (len(runtimes) + 1)]
    ratios = []
    for network in networks:
        values = {r: medians.get((network, title, r, what)) for r in runtimes}
        peers = [value for r, value in values.items() if r != "vireo" and value]
        ratio = None
        if values["vireo"] and peers:
            ratio = values["vireo"] / max(peers) if higher_is_better else min(peers) / values["vireo"]
            ratios.append(ratio)
        cells = [f"{value:.4g}" if value else "failed" for value in values.values()]
        lines.append(f"| {network} | " + " | ".join(cells) + f" | {f'{ratio:.2f}' if ratio else ''} |")
    if len(ratios) > 1:
        mean = math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))
        lines.append("| geometric mean |" + " |" * len(runtimes) + f" {mean:.2f} |")
    return lines


def plot(title, medians, networks, runtimes):
    """Bars of each runtime's median latency relative to Vireo's."""
    bar, gap, left, width = 14, 18, 190, 760
    values = {(n, r): medians[n, title, r, "median"] / medians[n, title, "vireo", "median"]
              for n in networks for r in runtimes
              if (n, title, r, "median") in medians and (n, title, "vireo", "median") in medians}
    scale = (width - left - 60) / min(max(values.values(), default=1), 6)
    height = 50 + len(networks) * (len(runtimes) * bar + gap)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             f'font-size="12"><rect width="{width}" height="{height}" fill="white"/>'
             f'<text x="10" y="20" font-size="14">Time of one inference relative to Vireo, {html.escape(title)}</text>']
    for index, runtime in enumerate(runtimes):
        x = left + index * 110
        parts.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{COLOURS[runtime]}"/>'
                     f'<text x="{x + 14}" y="39">{NAMES[runtime]}</text>')
    y = 56
    for network in networks:
        parts.append(f'<text x="{left - 8}" y="{y + len(runtimes) * bar / 2 + 4}" text-anchor="end">'
                     f'{html.escape(network)}</text>')
        for runtime in runtimes:
            value = values.get((network, runtime))
            length = min(value, 6) * scale if value else 0
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" fill="{COLOURS[runtime]}"/>'
                         f'<text x="{left + length + 4:.1f}" y="{y + 10}" font-size="10">'
                         f'{f"{value:.2f}" if value else "failed"}</text>')
            y += bar
        y += gap
    x = left + scale
    parts.append(f'<line x1="{x:.1f}" y1="48" x2="{x:.1f}" y2="{height}" stroke="#888" stroke-dasharray="3"/></svg>')
    return "\n".join(parts) + "\n"
