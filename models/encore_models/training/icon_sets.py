"""The icon packages that UI-CLIP learns from, and those it is only ever tested on.

Every set was read for its licence: permissive ones and Creative Commons Attribution only. Sets under
CC-BY-SA or the GPL are left out (arcticons, typcn, entypo, icomoon-free, dashicons, gridicons), and so are sets
derived from a test set (famicons and nonicons).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PERMITTED_LICENCES = frozenset(
    "MIT Apache-2.0 ISC OFL-1.1 CC0-1.0 Unlicense CC-BY-4.0".split(),
)
"""SPDX names that a set may carry."""


@dataclass(frozen=True, slots=True)
class IconSet:
    """One set of icons, published as an npm package in Iconify's JSON format."""

    name: str
    version: str
    licence: str
    """SPDX, as the package states it; checked when it is read."""
    part: Literal["train", "test"]

    @property
    def package(self) -> str:
        """Name of the npm package."""
        return f"@iconify-json/{self.name}"

    def __post_init__(self) -> None:
        if self.licence not in PERMITTED_LICENCES:
            raise ValueError(f"icon set {self.name} has licence {self.licence}, which Encore does not train on")


def _sets(part: Literal["train", "test"], licence: str, listed: str) -> tuple[IconSet, ...]:
    pairs = (entry.rsplit("@", 1) for entry in listed.split())
    return tuple(IconSet(name, version, licence, part) for name, version in pairs)


TRAIN_SETS: tuple[IconSet, ...] = (
    *_sets(
        "train",
        "Apache-2.0",
        """
        carbon@1.2.29 grommet-icons@1.2.4 ic@1.2.4 icon-park-outline@1.2.4 icon-park-solid@1.2.4
        la@1.2.1 mage@1.2.4 material-symbols@1.2.93 material-symbols-light@1.2.94 mdi@1.2.3 oui@1.2.6
        uil@1.2.3 uim@1.2.3 uis@1.2.3 vaadin@1.2.1
        """,
    ),
    *_sets(
        "train",
        "CC-BY-4.0",
        """
        basil@1.2.4 ci@1.2.2 cil@1.2.3 codicon@1.2.74 fa-regular@1.2.2 fa-solid@1.2.2 fa6-regular@1.2.4
        fa6-solid@1.2.4 fa7-brands@1.2.4 fa7-regular@1.2.3 fa7-solid@1.2.5 guidance@1.2.2
        iconamoon@1.2.2 lets-icons@1.2.2 pepicons-pencil@1.2.4 pepicons-pop@1.2.4 pepicons-print@1.2.2
        solar@1.2.13 streamline@1.2.5 streamline-flex@1.2.3 streamline-plump@1.2.0
        """,
    ),
    *_sets(
        "train",
        "CC0-1.0",
        """
        maki@1.2.5 simple-icons@1.2.102
        """,
    ),
    *_sets(
        "train",
        "ISC",
        """
        lucide@1.2.137 lucide-lab@1.2.3
        """,
    ),
    *_sets(
        "train",
        "MIT",
        """
        akar-icons@1.2.7 ant-design@1.2.9 bx@1.2.3 bxl@1.2.4 bxs@1.2.3 bytesize@1.2.2 charm@1.2.3
        clarity@1.2.4 eos-icons@1.2.4 ep@1.2.4 eva@1.2.3 f7@1.2.2 fe@1.2.4 feather@1.2.1
        flat-color-icons@1.2.3 flowbite@1.2.7 fluent@1.2.60 fluent-color@1.2.21 fluent-mdl2@1.2.1
        fontisto@1.2.1 formkit@1.2.2 gg@1.2.2 gravity-ui@1.2.15 heroicons@1.2.3 heroicons-outline@1.2.1
        heroicons-solid@1.2.1 hugeicons@1.2.35 humbleicons@1.2.20 iconoir@1.2.11 icons8@1.2.1 ix@1.2.12
        jam@1.2.3 lsicon@1.2.5 majesticons@1.2.5 meteor-icons@1.2.8 mi@1.2.2 nimbus@1.2.1 oi@1.2.0
        ooui@1.2.24 pajamas@1.2.15 ph@1.2.2 pixelarticons@1.2.9 prime@1.2.5 proicons@1.2.20
        qlementine-icons@1.2.16 quill@1.2.4 radix-icons@1.2.6 si@1.2.17 simple-line-icons@1.2.1
        stash@1.2.4 tabler@1.2.41 tdesign@1.2.19 teenyicons@1.2.2 uiw@1.2.4 weui@1.2.4 wpf@1.2.0
        zondicons@1.2.2
        """,
    ),
    *_sets(
        "train",
        "OFL-1.1",
        """
        fa@1.2.2 mdi-light@1.2.2
        """,
    ),
    *_sets(
        "train",
        "Unlicense",
        """
        system-uicons@1.2.4
        """,
    ),
)

TEST_SETS: tuple[IconSet, ...] = (
    *_sets(
        "test",
        "Apache-2.0",
        """
        mingcute@1.2.8 ri@1.2.10
        """,
    ),
    *_sets(
        "test",
        "MIT",
        """
        bi@1.2.7 ion@1.2.7 mynaui@1.2.19 octicon@1.2.36
        """,
    ),
)
"""Never trained on, nor are their names, tags or aliases read for training."""

TAG_PACKAGES: dict[str, tuple[str, str]] = {
    "lucide-static": ("1.62.0", "ISC"),
    "@tabler/icons": ("3.51.0", "MIT"),
    "@fortawesome/fontawesome-free": ("7.3.1", "(CC-BY-4.0 AND OFL-1.1 AND MIT)"),
    "@mdi/svg": ("7.4.47", "Apache-2.0"),
    "@carbon/icons": ("11.89.0", "Apache-2.0"),
}
"""npm packages whose tags (words people search an icon by) are read, with version and licence."""
