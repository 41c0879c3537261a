"""Writes measurements as Markdown (results.md) and as plots (results.svg), and both into the documentation if asked."""
import html
import math
import os
import platform
import statistics

NAMES = {"vireo": "Vireo", "openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "tensorflow": "TensorFlow",
         "litert": "LiteRT"}
COLOURS = {"vireo": "#d9480f", "openvino": "#1864ab", "onnxruntime": "#5f3dc4", "tensorflow": "#e8a317",
           "litert": "#2b8a3e"}
MARKS = ("<!-- results of Benchmarks/peers -->", "<!-- end of results -->")


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


class Figures:
    """What was measured, by network, setting, runtime and figure: one number a round."""

    def __init__(self, results):
        self.rounds = {}
        for (network, setting, runtime, turn), figures in results.values.items():
            for what, value in figures.items():
                if value is not None:
                    self.rounds.setdefault((network, setting, runtime, what), {})[turn] = value

    def median(self, *key):
        return statistics.median(self.rounds[key].values()) if key in self.rounds else None

    def ratio(self, network, setting, what, runtimes, rivals, ours=None, higher_is_better=False):
        """The median over the rounds of the best rival's figure against Vireo's in the same round."""
        own = self.rounds.get((network, setting, "vireo", ours or what), {})
        ratios = []
        for turn, value in own.items():
            others = [self.rounds.get((network, setting, rival, what), {}).get(turn) for rival in rivals]
            others = [other for other in others if other]
            if others and value:
                ratios.append(value / max(others) if higher_is_better else min(others) / value)
        return statistics.median(ratios) if ratios else None


def write(options, results, settings, runtimes, root):
    figures = Figures(results)
    networks = [name for name in options.networks.split(",") if any(key[0] == name for key in figures.rounds)]
    turns = 1 + max((key[3] for key in results.values), default=0)
    rivals = [runtime for runtime in runtimes if runtime != "vireo"]
    lines = [f"{processor()}, {os.cpu_count()} processors. Medians of {turns} alternating round{'s' * (turns > 1)} of "
             f"{options.seconds:g} s, batch 1, f32. Ratio: the best peer's time over Vireo's; above 1, Vireo is faster."]

    def table(heading, setting, columns, what, rivals, ours=None, higher_is_better=False):
        lines.extend(["", "### " + heading, "",
                      "| network | " + " | ".join(title for title, _, _ in columns) + " | ratio |",
                      "|---|" + "---:|" * (len(columns) + 1)])
        ratios = []
        for network in networks:
            values = [figures.median(network, setting, runtime, figure) for _, runtime, figure in columns]
            ratio = figures.ratio(network, setting, what, runtimes, rivals, ours, higher_is_better)
            if ratio:
                ratios.append(ratio)
            cells = [f"{value:.4g}" if value else "–" for value in values]
            lines.append(f"| {network} | " + " | ".join(cells) + f" | {f'{ratio:.2f}' if ratio else ''} |")
        if len(ratios) > 1:
            mean = math.exp(statistics.fmean(math.log(ratio) for ratio in ratios))
            lines.append("| geometric mean |" + " |" * len(columns) + f" {mean:.2f} |")

    def columns(what):
        return [(NAMES[runtime], runtime, what) for runtime in runtimes]

    for title, _, requests, seconds in settings:
        if seconds and requests == 1:
            table(f"{title} (ms)", title, columns("median"), "median", rivals)
        elif seconds:
            table(f"{title} (images a second)", title, columns("throughput"), "throughput", rivals,
                  higher_is_better=True)
    table("processor time of one inference, 1 thread (ms)", settings[0][0], columns("busy"), "busy", rivals)
    onnx = [rival for rival in rivals if rival == "onnxruntime"] or rivals
    for heading, what in [("process start to first answer (ms)", "start"),
                          ("model file to first answer, the runtime being loaded (ms)", "first")]:
        first = columns(what)
        first.insert(1, ("with cache", "vireo", "warm " + what))
        table(f"{heading}; ratio of {NAMES[onnx[0]]} to Vireo without cache", "start", first, what, onnx)
        table(f"{heading}; ratio of {NAMES[onnx[0]]} to Vireo with cache", "start", first, what, onnx, "warm " + what)
    memory = columns("memory")
    memory.insert(1, ("with cache", "vireo", "warm memory"))
    table(f"peak resident memory until the first answer (MiB); ratio to {NAMES[onnx[0]]}", "start", memory, "memory",
          onnx)
    if results.failures:
        lines += ["", "### What failed"]
        lines += [f"- {network}, {NAMES.get(peer, peer)}: {error}"
                  for (network, peer), error in results.failures.items()]
    text = "\n".join(lines) + "\n"
    drawing = plot(settings[0][0], figures, networks, runtimes)
    (options.output / "results.md").write_text(text)
    (options.output / "results.svg").write_text(drawing)
    if options.docs:
        publish(root / "docs", text, drawing)


def publish(folder, text, drawing):
    """Replaces what the page of benchmarks says between its marks."""
    page = (folder / "benchmarks.md").read_text()
    before, rest = page.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    (folder / "benchmarks.md").write_text(
        before + MARKS[0] + "\n![Time of one inference relative to Vireo](benchmarks.svg)\n\n" + text + MARKS[1] + after)
    (folder / "benchmarks.svg").write_text(drawing)


def plot(title, figures, networks, runtimes):
    """Bars of each runtime's median latency relative to Vireo's."""
    bar, gap, left, width = 14, 18, 190, 760
    values = {}
    for network in networks:
        own = figures.median(network, title, "vireo", "median")
        for runtime in runtimes:
            value = figures.median(network, title, runtime, "median")
            if own and value:
                values[network, runtime] = value / own
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
                         f'{f"{value:.2f}" if value else "–"}</text>')
            y += bar
        y += gap
    x = left + scale
    parts.append(f'<line x1="{x:.1f}" y1="48" x2="{x:.1f}" y2="{height}" stroke="#888" stroke-dasharray="3"/></svg>')
    return "\n".join(parts) + "\n"
