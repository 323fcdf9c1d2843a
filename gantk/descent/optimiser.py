"""Update rules, by optax."""

import optax

from gantk.settings import DescentSettings


def make_optimiser(settings: DescentSettings) -> optax.GradientTransformation:
    """The update rule, schedule and clipping that the settings name.

    Gradient descent, or Adam (Kingma & Ba, 2015); a cosine schedule (Loshchilov & Hutter, 2017)
    takes the step from its full size to 0 over the budget.
    """
    step: optax.ScalarOrSchedule = settings.step
    if settings.schedule == "cosine":
        step = optax.cosine_decay_schedule(settings.step, settings.iterations)
    if settings.optimiser == "gradient-descent":
        rule = optax.sgd(step)
    else:
        rule = optax.adam(step, settings.beta1, settings.beta2)
    if settings.clip_norm is None:
        return rule
    return optax.chain(optax.clip_by_global_norm(settings.clip_norm), rule)
