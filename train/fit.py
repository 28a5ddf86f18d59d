"""Fits the trees to the rows that `train rows` wrote: fit.py ROWS MODELS [--final trees.tsv]

One model for each fold, which has not seen the fold's sites, and the final one over all pages.
Single-threaded and seeded, so that two runs give the same tables.
"""
import argparse
import math
import pathlib

import lightgbm
import numpy

FOLDS = 5
# Labels of a few snippets a page count less than those of a whole text.
SUITE_WEIGHT = {"aeb": 1.0, "fundus": 1.0, "wcxb": 1.0, "trafilatura": 0.5}
# Forums, listings, products and the like count less than articles, which are what this is for.
OTHER_WEIGHT = 0.5
ARTICLES = ["article", "news", "web"]
# Of a page's true text, the least share that must be found on it: half of the worst pages have a
# truth that was cut off, or is another page's.
FOUND_MIN = 0.6
TREES = 120
PARAMS = {
    "objective": "binary", "learning_rate": 0.08, "num_leaves": 31, "max_bin": 63,
    "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0,
    "min_data_in_leaf": 80, "seed": 2, "deterministic": True, "force_row_wise": True,
    "num_threads": 1, "verbosity": -1,
}


def read(folder):
    names = (folder / "names.txt").read_text().split()
    rows = numpy.fromfile(folder / "rows.f32", dtype="<f4").reshape(-1, len(names))
    about = [line.rstrip("\n").split("\t") for line in open(folder / "rows.tsv", encoding="utf-8")]
    column = lambda at, kind: numpy.array([line[at] for line in about], dtype=kind)
    return names, rows, {
        "page": column(0, int), "suite": column(1, str), "type": column(2, str), "fold": column(3, int),
        "share": column(6, float), "weight": column(7, float),
    }


def weights(about):
    """A block weighs what it is of its page's true text, so that pages count alike."""
    weight = about["weight"] * numpy.vectorize(SUITE_WEIGHT.get)(about["suite"])
    weight = numpy.where(numpy.isin(about["type"], ARTICLES), weight, weight * OTHER_WEIGHT)
    found = numpy.bincount(about["page"], about["weight"] * about["share"])
    whole = (about["suite"] == "trafilatura") | (found[about["page"]] >= FOUND_MIN)
    return numpy.where(whole, weight, 0)


def fit(names, rows, about, chosen):
    label = (about["share"] >= 0.5).astype(int)
    weight = weights(about)
    chosen = chosen & (weight > 0)
    data = lightgbm.Dataset(rows[chosen], label[chosen], weight=weight[chosen] * 100, feature_name=names, free_raw_data=True)
    return lightgbm.train(PARAMS, data, TREES)


def down(value):
    """The largest 32-bit number that is not above: then `x <= value` is the same for 32-bit x."""
    near = numpy.float32(value)
    return near if float(near) <= value else numpy.nextafter(near, numpy.float32(-math.inf))


def table(model, note):
    lines = [f"# {note}"]
    dump = model.dump_model()
    names = dump["feature_names"]

    def walk(node, nodes):
        at = len(nodes)
        nodes.append(None)
        if "leaf_value" in node:
            nodes[at] = f"leaf\t{node['leaf_value']:.6g}"
            return at
        low = walk(node["left_child"], nodes)
        high = walk(node["right_child"], nodes)
        nodes[at] = f"{names[node['split_feature']]}\t{down(node['threshold'])!s}\t{low}\t{high}"
        return at

    for tree in dump["tree_info"]:
        nodes = []
        walk(tree["tree_structure"], nodes)
        lines.append("tree")
        lines.extend(nodes)
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=pathlib.Path)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--final", type=pathlib.Path)
    args = parser.parse_args()
    names, rows, about = read(args.rows)
    args.models.mkdir(parents=True, exist_ok=True)
    for fold in range(FOLDS):
        model = fit(names, rows, about, about["fold"] != fold)
        (args.models / f"fold-{fold}.tsv").write_text(table(model, f"trained without fold {fold}"))
    if args.final:
        model = fit(names, rows, about, about["fold"] >= 0)
        args.final.write_text(table(model, "trained on all development pages: see README.md"))
        gain = sorted(zip(model.feature_importance("gain"), names), reverse=True)
        for value, name in gain:
            print(f"{value:12.0f} {name}")


main()
