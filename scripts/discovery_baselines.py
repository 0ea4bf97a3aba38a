"""Scores well-known methods of causal discovery against the true graph of synthetic faces.

Takes tables of `synth sample` (one column per action unit, `expression`; other columns are ignored)
and the graph of `synth graph --format gml`; prints one table and writes the same as JSON.

Between units: PC and GES (causal-learn), NOTEARS (gcastle, linear, least squares), co-occurrence.
Towards expressions: co-occurrence, and multinomial logistic regression with an L1 penalty
(scikit-learn). Every method sees the columns in an order shuffled anew, `--repeats` times per table.

What is counted, F being the found and T the true ordered pairs:
  directed F1  2 |F and T| / (|F| + |T|); an undirected edge is one of F and never right
  skeleton F1  the same over unordered pairs
  SHD          unordered pairs whose state (none, ->, <-, undirected or both) is another one
  polarity     share of the right directed edges with the right sign, where a method gives signs
Towards expressions a pair has one possible direction, so that skeleton and directed F1 agree.
"""

import argparse
import contextlib
import io
import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

EXAMPLES = """examples:
  synth graph --format gml --out truth.gml
  synth sample --count 10000 --seed 1 --out faces.csv
  python scripts/discovery_baselines.py faces.csv --truth truth.gml
  python scripts/discovery_baselines.py seed*.csv --truth truth.gml --methods pc ges --out pc-ges.json
  python scripts/discovery_baselines.py --self-test"""

ACTIVE = 1.0  # least FACS intensity that counts as active
SIGNIFICANCE = 0.001  # of PC's test (Fisher's z)
NOTEARS_L1 = 0.1  # gcastle's default
NOTEARS_WEIGHT = 0.3  # gcastle's default threshold
RISK_DIFFERENCE = 0.2  # fixed threshold of co-occurrence
LOGISTIC_L1 = 0.001  # penalty beside the mean loss
LOGISTIC_WEIGHT = 0.15  # threshold, per point of intensity

Pair = tuple[str, str]


@dataclass
class Edges:
    """Directed edges with their sign (0: not told) and undirected ones."""

    directed: dict[Pair, int] = field(default_factory=dict)
    undirected: set[frozenset] = field(default_factory=set)


def state(edges: Edges, a: str, b: str) -> str:
    """How a pair is joined."""
    forth, back = (a, b) in edges.directed, (b, a) in edges.directed
    if forth and back or frozenset((a, b)) in edges.undirected:
        return "both"
    return "forth" if forth else "back" if back else "none"


def score(found: Edges, truth: Edges) -> dict[str, float | None]:
    """The figures of the head of this file; None where nothing can be said."""

    def rates(right: int, of_found: int, of_true: int) -> tuple[float | None, float, float]:
        return (right / of_found if of_found else None, right / of_true, 2 * right / (of_found + of_true))

    right = found.directed.keys() & truth.directed.keys()
    precision, recall, f1 = rates(len(right), len(found.directed) + len(found.undirected), len(truth.directed))
    skeletons = [{frozenset(pair) for pair in edges.directed} | edges.undirected for edges in (found, truth)]
    _, _, skeleton = rates(len(skeletons[0] & skeletons[1]), *map(len, skeletons))
    pairs = [tuple(pair) for pair in skeletons[0] | skeletons[1]]
    signed = [pair for pair in right if found.directed[pair]]
    agree = sum(found.directed[pair] == truth.directed[pair] for pair in signed)
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "skeleton_f1": skeleton,
        "shd": float(sum(state(found, *pair) != state(truth, *pair) for pair in pairs)),
        "polarity": agree / len(signed) if signed else None,
    }


def above(strength: dict[Pair, float], threshold: float) -> Edges:
    """Edges whose strength is at least so large, whatever its sign."""
    return Edges({pair: int(np.sign(s)) for pair, s in strength.items() if abs(s) >= threshold and s})


def tuned(strength: dict[Pair, float], truth: Edges) -> Edges:
    """The threshold that the truth likes best: what no one without the truth can do better."""
    candidates = [above(strength, threshold) for threshold in sorted({abs(s) for s in strength.values()})]
    return max(candidates, key=lambda edges: score(edges, truth)["f1"])


def of_causal_learn(graph: np.ndarray, names: list[str]) -> Edges:
    """Edges of causal-learn's matrix: graph[j, i] = 1 and graph[i, j] = -1 is i -> j."""
    edges = Edges()
    for i, a in enumerate(names):
        for j, b in enumerate(names[:i]):
            ends = (graph[i, j], graph[j, i])
            if ends == (1, -1):
                edges.directed[b, a] = 0
            elif ends == (-1, 1):
                edges.directed[a, b] = 0
            elif ends != (0, 0):
                edges.undirected.add(frozenset((a, b)))
    return edges


def pc(units: pd.DataFrame) -> Edges:
    """PC with Fisher's z, the stable variant."""
    from causallearn.search.ConstraintBased.PC import pc as run

    graph = run(units.to_numpy(), alpha=SIGNIFICANCE, show_progress=False).G.graph
    return of_causal_learn(graph, list(units))


def ges(units: pd.DataFrame) -> Edges:
    """GES with the Gaussian BIC."""
    from causallearn.search.ScoreBased.GES import ges as run

    with contextlib.redirect_stdout(io.StringIO()):
        graph = run(units.to_numpy())["G"].graph
    return of_causal_learn(graph, list(units))


def notears(units: pd.DataFrame) -> dict[Pair, float]:
    """Weights of NOTEARS, linear with least squares, on intensities as they are.

    Its loss depends on the covariance alone, so it gets few rows with the covariance of all.
    """
    logging.disable(logging.INFO)
    from castle.algorithms import Notears

    covariance = np.cov(units.to_numpy(), rowvar=False, bias=True)
    root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance))).T * len(covariance) ** 0.5
    model = Notears(lambda1=NOTEARS_L1, w_threshold=0.0)
    model.learn(np.vstack([root, -root]))
    weights = np.asarray(model.weight_causal_matrix)
    return {(a, b): weights[i, j] for i, a in enumerate(units) for j, b in enumerate(units) if i != j}


def risk_differences(causes: pd.DataFrame, effects: pd.DataFrame) -> dict[Pair, float]:
    """P(effect | cause) - P(effect | no cause) of columns of 0 and 1; 0 where a cause never varies."""
    strength = {}
    for a in causes:
        on = causes[a].to_numpy(bool)
        for b in effects:
            if a != b:
                effect = effects[b].to_numpy(float)
                strength[a, b] = effect[on].mean() - effect[~on].mean() if on.any() and not on.all() else 0.0
    return strength


def logistic(units: pd.DataFrame, expression: pd.Series) -> dict[Pair, float]:
    """Weights of units for expressions; as softmax sees differences only, each unit's median is 0."""
    from sklearn.linear_model import LogisticRegression

    inverse = 1 / (LOGISTIC_L1 * len(units))
    model = LogisticRegression(solver="saga", l1_ratio=1.0, C=inverse, tol=1e-3, max_iter=300, random_state=0)
    model.fit(units.to_numpy(), expression)
    weights = model.coef_ - np.median(model.coef_, axis=0)
    return {(a, b): weights[j, i] for i, a in enumerate(units) for j, b in enumerate(model.classes_)}


def between_units(table: pd.DataFrame) -> dict[str, Callable]:
    """Methods by name; each gives edges, or strengths to be held against thresholds."""
    units = table.drop(columns="expression")
    active = (units >= ACTIVE).astype(float)
    return {
        "pc": lambda: pc(units),
        "ges": lambda: ges(units),
        "notears": lambda: (notears(units), NOTEARS_WEIGHT),
        "co-occurrence": lambda: (risk_differences(active, active), RISK_DIFFERENCE),
    }


def towards_expressions(table: pd.DataFrame) -> dict[str, Callable]:
    """Likewise."""
    units = table.drop(columns="expression")
    shown = pd.get_dummies(table["expression"])
    return {
        "co-occurrence": lambda: (risk_differences((units >= ACTIVE).astype(float), shown), RISK_DIFFERENCE),
        "l1-logistic": lambda: (logistic(units, table["expression"]), LOGISTIC_WEIGHT),
    }


def run(methods: dict[str, Callable], truth: Edges, only: list[str] | None) -> list[dict]:
    """One row per method and threshold."""
    rows = []
    for name, method in methods.items():
        if only and name not in only:
            continue
        start = time.perf_counter()
        result = method()
        seconds = time.perf_counter() - start
        if isinstance(result, Edges):
            variants = {name: result}
        else:
            strength, threshold = result
            variants = {name: above(strength, threshold), f"{name} (tuned on truth)": tuned(strength, truth)}
        rows += [{"method": key, **score(edges, truth), "seconds": seconds} for key, edges in variants.items()]
    return rows


def read_truth(file: Path) -> dict[str, Edges]:
    """The edges between units and towards expressions, with signs."""
    graph = nx.read_gml(file)
    kind = nx.get_node_attributes(graph, "kind")
    edges = {"action unit": Edges(), "expression": Edges()}
    for a, b, attributes in graph.edges(data=True):
        edges[kind[b]].directed[a, b] = 1 if attributes["weight"] > 0 else -1
    return {"au_au": edges["action unit"], "au_expression": edges["expression"]}


def read_labels(folder: Path) -> pd.DataFrame:
    """Intensities and expression of the training part of a data set of `synth crops`, nobody's unit set."""
    rows = []
    with (folder / "samples.jsonl").open() as lines:
        for sample in map(json.loads, lines):
            done = (sample.get("provenance") or {}).get("done")
            if sample["split"] == "train" and not done:
                units = {name: label["intensity"] for name, label in sample["action_units"].items()}
                rows.append({**units, "expression": sample["expression"]})
    return pd.DataFrame(rows)


def read_table(file: Path) -> pd.DataFrame:
    """Units and expression of a table of `synth sample`, or of a data set folder."""
    table = read_labels(file) if file.is_dir() else pd.read_csv(file)
    units = [name for name in table if name.startswith("AU")]
    if len(units) < 2 or "expression" not in table:
        sys.exit(f"{file}: no columns AU.. and expression; write the table with `synth sample`")
    return table[[*units, "expression"]]


def summarise(rows: list[dict]) -> dict[str, dict]:
    """Mean and standard deviation over runs per method, None where no run gave a figure."""
    table = pd.DataFrame(rows)
    summary = {}
    for name, group in table.groupby("method", sort=False):
        figures = group.drop(columns="method").astype(float)
        entries = {}
        for key, column in figures.items():
            known = column.dropna()
            mean, spread = (float(known.mean()), float(known.std(ddof=0))) if len(known) else (None, None)
            entries[key] = {"mean": mean, "spread": spread}
        summary[name] = {"runs": len(group), **entries}
    return summary


def show(part: str, summary: dict[str, dict]) -> None:
    """Prints one part as a table."""
    keys = ["precision", "recall", "f1", "skeleton_f1", "shd", "polarity", "seconds"]
    print(f"{part:<31}" + "".join(f"{key:>15}" for key in keys))
    for name, figures in summary.items():
        line = f"{name:<31}"
        for key in keys:
            mean, spread = figures[key]["mean"], figures[key]["spread"]
            digits = 1 if key in ("shd", "seconds") else 2
            line += f"{'-' if mean is None else f'{mean:.{digits}f} ± {spread:.{digits}f}':>15}"
        print(line)


def self_test() -> None:
    """Figures of a graph worked out by hand, and a collider that every orienting method must see."""
    truth = Edges({("a", "b"): 1, ("c", "b"): -1, ("c", "d"): 1})
    found = Edges({("a", "b"): 1, ("b", "c"): -1, ("a", "d"): 1}, {frozenset("cd")})
    figures = score(found, truth)
    assert figures["precision"] == 1 / 4 and figures["recall"] == 1 / 3 and figures["f1"] == 2 / 7, figures
    assert figures["skeleton_f1"] == 6 / 7 and figures["shd"] == 3 and figures["polarity"] == 1, figures
    both = score(Edges({("a", "b"): -1, ("b", "a"): -1}), truth)
    assert both["f1"] == 2 / 5 and both["shd"] == 3 and both["polarity"] == 0, both

    rng = np.random.default_rng(1)
    a, c = rng.normal(size=(2, 4000))
    b = a - c + rng.normal(size=4000)
    table = pd.DataFrame({"AU1": a, "AU2": b, "AU3": c, "expression": np.select([b > 1, b < -1], ["happiness", "sadness"], "neutral")})
    truth = Edges({("AU1", "AU2"): 1, ("AU3", "AU2"): -1})
    rows = {row["method"]: row for row in run(between_units(table), truth, None)}
    for method in ("pc", "ges", "notears"):
        assert rows[method]["f1"] == 1 and rows[method]["shd"] == 0, rows[method]
    assert rows["notears"]["polarity"] == 1 and rows["pc"]["polarity"] is None, rows
    shown = Edges({("AU2", "happiness"): 1, ("AU2", "sadness"): -1})
    rows = {row["method"]: row for row in run(towards_expressions(table), shown, None)}
    assert rows["l1-logistic (tuned on truth)"]["f1"] == 1 and rows["l1-logistic (tuned on truth)"]["polarity"] == 1, rows
    print("self-test: all as worked out")


def main() -> None:
    """Reads the command line, runs every method on every table, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", type=Path, metavar="TABLE", help="tables of `synth sample`, or data set folders; figures are means over them")
    parser.add_argument("--rows", type=int, metavar="N", help="at most so many rows per table, spread over all, as `trainer structure --rows` does")
    parser.add_argument("--truth", type=Path, metavar="FILE.gml", help="the graph of `synth graph --format gml`")
    parser.add_argument("--methods", nargs="+", choices=["pc", "ges", "notears", "co-occurrence", "l1-logistic"], help="only these")
    parser.add_argument("--seed", type=int, default=1, help="of the orders of columns (default: 1)")
    parser.add_argument("--repeats", type=int, default=2, help="orders of columns per table (default: 2)")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="where to write the figures")
    parser.add_argument("--self-test", action="store_true", help="check the figures on a tiny known graph, and stop")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    if not options.tables or not options.truth:
        parser.error("needs a TABLE.csv and --truth FILE.gml; see the examples of --help")

    truth = read_truth(options.truth)
    rows: dict[str, list[dict]] = {"au_au": [], "au_expression": []}
    rng = np.random.default_rng(options.seed)
    for file in options.tables:
        table = read_table(file)
        if options.rows and options.rows < len(table):
            table = table.iloc[[row * len(table) // options.rows for row in range(options.rows)]]
        for _ in range(options.repeats):
            shuffled = table[rng.permutation(table.columns)]
            rows["au_au"] += run(between_units(shuffled), truth["au_au"], options.methods)
            rows["au_expression"] += run(towards_expressions(shuffled), truth["au_expression"], options.methods)
    figures = {part: summarise(runs) for part, runs in rows.items() if runs}
    for part, summary in figures.items():
        show(part, summary)
    if options.out:
        settings = {"tables": [file.name for file in options.tables], "seed": options.seed, "repeats": options.repeats}
        options.out.write_text(json.dumps({**settings, **figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
