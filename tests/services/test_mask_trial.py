"""Masks are tried on programs, and one that is never done is given up on."""

from timekpr_mngr.services.mask_trial import Tried, tried


async def test_each_name_is_told_by_which_mask_it_would_count() -> None:
    found = await tried(
        ["minecraft.*", "quake"], ["minecraft-launcher", "quake", "gedit", "java -jar /x/minecraft.jar"]
    )
    assert found == (
        Tried("minecraft-launcher", "minecraft.*", "minecraft.*"),
        Tried("quake", "quake", None),
        Tried("gedit", None, None),
        Tried("java -jar /x/minecraft.jar", None, "minecraft.*"),
    )


async def test_a_mask_over_which_timekpr_would_hang_is_given_up_on() -> None:
    assert await tried(["(a|a)*b", "quake"], ["a" * 60], 1.0) is None
    assert await tried(["quake"], ["quake"]) == (Tried("quake", "quake", None),)


async def test_nothing_is_tried_on_nothing() -> None:
    assert await tried([], ["quake"]) == (Tried("quake", None, None),)
    assert await tried(["quake"], []) == ()
