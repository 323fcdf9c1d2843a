from pathlib import Path

import numpy as np
import pytest

from reporting.plan import Plan
from suite.planning.configuration import Cell
from suite.protocol.artefacts import Subset, Trajectory, save_samples
from suite.running.files import write_json, write_text


class Reproduction:
    """A results folder made by hand, without training: two methods, two training seeds."""

    def __init__(self, root: Path):
        self.results = root / "results" / "made"
        self.results.mkdir(parents=True)
        self.plan = self.planned()

    def planned(self, methods=("ga-cntk", "dcgan"), experiment="table1", n=64, **changes) -> Plan:
        cells = tuple(Cell(experiment, "mnist", n, m, 2 if m == "ga-cntk" else 1) for m in methods)
        titles = {"mnist": "MNIST", "dcgan": "DCGAN", "am_ssim": "AM-SSIM", "fid_train": "FID"}
        given = {
            "name": "made",
            "cells": cells,
            "data_seeds": (0,),
            "training_seeds": (0, 1),
            "samples": 64,
            "metrics": ("fid_train", "am_ssim"),
            "titles": titles,
            "methods": methods,
        }
        return Plan(**(given | changes))

    def folder(self, method, seed=0, experiment="table1", n=64, data_seed=0) -> Path:
        place = Path("runs", experiment, "mnist", f"n{n}", method)
        return self.results / place / f"data{data_seed}" / f"seed{seed}"

    def judge(self, method, seed, fid, ssim=0.5, status="ok", std=None, **where):
        metrics = {
            "fid_train": {"value": fid, "std": std, "better": "lower"},
            "am_ssim": {"value": ssim, "std": None, "better": "neither"},
        }
        content = {"status": status, "samples": 64, "metrics": metrics, "provenance": {}}
        write_json(self.folder(method, seed, **where) / "metrics.json", content)

    def train(self, method, seed=0, part=0, stop="budget", details=None, **where):
        record = {
            "method": method,
            "stop_reason": stop,
            "iterations": 100,
            "seconds": 20.0,
            "iterations_per_second": 5.0,
            "details": details or {},
            "device": "processor of the run",
            "commit": "c0ffee",
        }
        folder = self.folder(method, seed, **where) / f"part{part}"
        images = np.random.default_rng(seed).integers(0, 256, (16, 8, 8, 1), dtype=np.uint8)
        save_samples(folder / "samples.npz", images)
        Trajectory(np.stack([images] * 3), np.array([0, 10, 100])).save(folder / "trajectory.npz")
        write_text(folder / "history.csv", "iteration,seconds,loss\n1,0.1,0.8\n100,20,0.7\n")
        write_json(folder / "run.json", record)

    def control(self, fid=30.0, seed=0, rows=64, left_out=(), shared=0):
        """Two controls: copies of the training images, and the noise floor."""

        def entry(title, fid):
            metrics = {
                "fid_train": {"value": fid, "std": 1.0, "better": "lower"},
                "am_ssim": {"value": 0.6, "std": None, "better": "neither"},
            }
            return {"title": title, "samples": rows, "metrics": metrics}

        controls = {
            "train": entry("training images", 0.0),
            "disjoint": entry("disjoint real images", fid),
        }
        path = self.results / "controls" / "mnist" / "n64" / f"data{seed}.json"
        content = {"controls": controls, "left_out": list(left_out)}
        write_json(path, content | {"shared": {"heldout": shared, "of": 20}})

    def subset(self, n=64):
        images = np.zeros((n, 8, 8, 1), np.uint8)
        rows = np.arange(n)
        path = self.results / "data" / "mnist" / f"n{n}" / "seed0.npz"
        Subset(images, rows, rows, "mnist", "train", 0).save(path)


@pytest.fixture
def made(tmp_path):
    return Reproduction(tmp_path)


@pytest.fixture
def half_done(made):
    """DCGAN is complete, GA-CNTK has one of two parts."""
    made.subset()
    for seed in (0, 1):
        made.train("dcgan", seed)
        made.judge("dcgan", seed, 30.0 + seed)
    made.train("ga-cntk")
    return made
