"""An iteration of GA-NTK compiled for an H100 on any machine: launches, waits, memory, TF32."""

import pytest

from benchmarks import launches

BOUNDS = {
    "GA-CNTK, 28x28, n = 64": (200, 40),
    "GA-CNTK, 28x28, n = 256": (200, 600),
    "GA-CNTK, 64x64x3, n = 256": (250, 3000),
    "GA-CNTKg, 28x28, b = 64": (300, 60),
    "GA-CNTKg, 32x32x3, b = 64": (300, 80),
}
"""Case -> launches per iteration, and MiB of temporary memory."""


@pytest.mark.cuda
@pytest.mark.parametrize("case", launches.CASES)
def test_an_iteration_is_a_few_launches_without_waits_and_tf32(case):
    why = launches.missing()
    if why is not None:
        pytest.skip(why)
    found = launches.measured(case, "whole", "stretch")
    most, memory = BOUNDS[case]
    assert 20 < found["launches"] <= most
    assert found["temporary_mib"] <= memory
    assert found["waits"] == 0
    assert found["ptx_files"] > 20 and found["tf32"] == 0


PROGRAM = """HloModule step

%fused (p: f32[4]) -> f32[4] {
  %p = f32[4]{0} parameter(0)
  ROOT %add.1 = f32[4]{0} add(%p, %p)
}

%body (s: (s32[], f32[4])) -> (s32[], f32[4]) {
  %s = (s32[], /*index=1*/f32[4]{0}) parameter(0)
  %x = f32[4]{0} get-tuple-element(%s), index=1
  %fusion.1 = f32[4]{0} fusion(%x), kind=kLoop, calls=%fused
  %copy.1 = f32[4]{0} copy(%fusion.1)
  ROOT %tuple.1 = (s32[], f32[4]{0}) tuple(%x, %copy.1)
}

%slow (a: f32[4]) -> f32[4] {
  %a = f32[4]{0} parameter(0)
  %f.1 = f32[4]{0} fusion(%a), kind=kLoop, calls=%fused
  ROOT %f.2 = f32[4]{0} fusion(%f.1), kind=kLoop, calls=%fused
}

%quick (b: f32[4]) -> f32[4] {
  %b = f32[4]{0} parameter(0)
  ROOT %g.1 = f32[4]{0} custom-call(%b), custom_call_target="__cublas$gemm"
}

ENTRY %main (x: f32[4]) -> f32[4] {
  %x.1 = f32[4]{0} parameter(0)
  %start = (s32[], f32[4]{0}) tuple(%x.1, %x.1)
  %w = (s32[], f32[4]{0}) while(%start), body=%body, backend_config={"known_trip_count":{"n":"5"}}
  %y = f32[4]{0} get-tuple-element(%w), index=1
  %z = f32[4]{0} conditional(%p, %y, %y), BRANCHES
  ROOT %out = f32[4]{0} fusion(%z), kind=kLoop, calls=%fused
}
"""


@pytest.mark.parametrize(
    "branches",
    [
        "branch_computations={%slow, %quick}",
        "true_computation=%quick, false_computation=%slow",
    ],
)
def test_launches_of_loops_and_branches_are_counted(branches):
    """5 x (fusion + copy), one library call of the branch that is usually taken, one fusion."""
    assert launches.launches(PROGRAM.replace("BRANCHES", branches)) == (12, 1)


def test_waits_are_branches_and_loops_of_unknown_length():
    """The branch is inside the loop. A loop of unknown length counts as one turn."""
    text = PROGRAM.replace(
        "  %copy.1 =", "  %q = f32[4]{0} conditional(%p, %x), BRANCHES\n  %copy.1 ="
    )
    text = text.replace("BRANCHES", "branch_computations={%slow, %quick}")
    assert launches.launches(text) == (17, 6)
    unknown = text.replace(', backend_config={"known_trip_count":{"n":"5"}}', "")
    assert launches.launches(unknown) == (5, 3)
