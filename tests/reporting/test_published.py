import pytest

from reporting.published import COLUMNS, read_published
from suite.running.errors import InputError

TABLES = {"table1": 144, "table2": 12, "table9": 63}


@pytest.mark.parametrize(("table", "count"), TABLES.items())
def test_every_value_of_the_paper_is_there_once(table, count):
    values = read_published(table)
    assert len(values) == count
    assert all(entry.source.startswith(f"Table {table[5:]},") for entry in values.values())


def test_values_stand_where_the_paper_prints_them():
    one, two, nine = (read_published(table) for table in TABLES)
    assert one["mnist", 64, "dcgan", "fid_train"].value == 27.43
    assert one["mnist", 256, "stylegan2", "fid_train"].text == "84.7"
    assert one["cifar10", 128, "sngan", "am_ssim"].value == 0.21
    assert one["celeba", 256, "ga-cntkg", "am_ssim"].value == 0.40
    assert two["cifar10", 2048, "ga-cntkg", "fid_train"].value == 78.85
    assert nine["mnist", 256, "sngan", "best_seconds"].value == 711
    assert nine["celeba", 256, "dcgan", "best_iteration"].value is None


def test_suspect_cells_are_the_known_ones():
    suspects = {
        key[:3] for table in TABLES for key, entry in read_published(table).items() if entry.suspect
    }
    assert suspects == {
        ("celeba", 64, "lsgan"),
        ("celeba", 128, "dcgan"),
        ("mnist", 64, "lsgan"),
        ("mnist", 256, "dcgan"),
        ("celeba", 256, "ga-cntk-batch"),
    }


def test_table_9_seconds_are_iterations_over_rate_but_for_the_slip():
    values = read_published("table9")
    for (dataset, n, method, metric), entry in values.items():
        if metric != "best_seconds" or entry.value is None:
            continue
        iterations = values[dataset, n, method, "best_iteration"].value
        rate = values[dataset, n, method, "iterations_per_second"].value
        assert (abs(iterations / rate - entry.value) <= 1.0) == (not entry.suspect)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("mnist,64,dcgan,fid_train,27.4x,FID,s,p,", "line 3: could not convert"),
        ("mnist,many,dcgan,fid_train,27.4,FID,s,p,", "line 3: invalid literal"),
        ("mnist,64,dcgan,fid_train,1,FID,s,p,", "line 3: mnist, 64, dcgan, fid_train stands twice"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, line, message):
    good = "mnist,64,dcgan,fid_train,27.43,FID,s,p,"
    (tmp_path / "t.csv").write_text("\n".join([",".join(COLUMNS), good, line]))
    with pytest.raises(InputError, match=message):
        read_published("t", tmp_path)
