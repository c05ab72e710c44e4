"""How a real program is made to look otherwise: dark, larger, in another font, with other icons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Toolkit = Literal["gtk2", "gtk3", "qt", "kde", "chromium"]


@dataclass(frozen=True, slots=True)
class Look:
    """What differs from the look in the demonstration."""

    dark: bool = False
    scale: float = 1.0
    font: bool = False
    """Whether the program's other font is used."""
    icons: bool = False
    """Whether the program's other icon theme is used."""


LOOKS = {
    "shown": Look(),
    "same": Look(),
    "theme": Look(dark=True),
    "s125": Look(scale=1.25),
    "s150": Look(scale=1.5),
    "font": Look(font=True),
    "icons": Look(icons=True),
    "hard": Look(dark=True, scale=1.25, font=True),
}
"""The look of each picture for which a program is started anew."""

_QT_DARK = "#ffe6e6e6, #ff3a3d41, #ff55595e, #ff484b50, #ff1b1d1f, #ff2a2c2f, #ffe6e6e6, #ffffffff, #ffe6e6e6, #ff232629, #ff2d3034, #ff141618, #ff2d6fa8, #ffffffff, #ff6fb2e8, #ffb48ead, #ff2a2d30, #ff000000, #ff3a3d41, #ffe6e6e6, #80e6e6e6"  # noqa: E501
_KDE_DARK = {
    "Button": ("49,54,59", "239,240,241"),
    "Selection": ("45,111,168", "255,255,255"),
    "Tooltip": ("49,54,59", "239,240,241"),
    "View": ("27,30,32", "239,240,241"),
    "Window": ("42,46,50", "239,240,241"),
    "Header": ("42,46,50", "239,240,241"),
}


def apply(toolkit: Toolkit, look: Look, home: Path, font: str, icons: str) -> tuple[dict[str, str], list[str]]:
    """Write a toolkit's settings into a fresh home.

    Args:
        toolkit: What the program is made with.
        look: How it is to look.
        home: Home folder of the stage.
        font: The other font, such as `Noto Sans`.
        icons: The other icon theme.

    Returns:
        Variables and arguments that the program needs beside.
    """
    if toolkit in ("gtk2", "gtk3"):
        return _gtk(toolkit, look, home, font, icons), []
    if toolkit == "chromium":
        return _chromium(look, home, font)
    return _qt(toolkit, look, home, font, icons), []


def _gtk(toolkit: Toolkit, look: Look, home: Path, font: str, icons: str) -> dict[str, str]:
    values = {
        "gtk-theme-name": "Adwaita-dark" if look.dark else "Adwaita",
        "gtk-icon-theme-name": icons if look.icons else "Adwaita",
        "gtk-font-name": f"{font} 11" if look.font else "DejaVu Sans 10",
    }
    if toolkit == "gtk2":
        lines = [f'{name} = "{value}"' for name, value in values.items()]
        # The bridge's own GTK 2 has no environment variable for the scale of text.
        (home / ".gtkrc-2.0").write_text("\n".join([*lines, f"gtk-xft-dpi = {round(96 * 1024 * look.scale)}"]) + "\n")
        return {"GTK_MODULES": "gail:atk-bridge"}
    values["gtk-application-prefer-dark-theme"] = str(int(look.dark))
    _ini(home / ".config/gtk-3.0/settings.ini", {"Settings": values})
    return {"GDK_DPI_SCALE": str(look.scale), "GSETTINGS_BACKEND": "memory"}


def _qt(toolkit: Toolkit, look: Look, home: Path, font: str, icons: str) -> dict[str, str]:
    kde = toolkit == "kde"
    palette = home / ".config/qt5ct/colors/dark.conf"
    _ini(palette, {"ColorScheme": dict.fromkeys(("active_colors", "disabled_colors", "inactive_colors"), _QT_DARK)})
    own_icons = ("breeze-dark" if look.dark else "breeze") if kde else "Adwaita"
    icon_theme = icons if look.icons else own_icons
    family = font if look.font else "DejaVu Sans"
    described = f'"{family},10,-1,5,50,0,0,0,0,0"'
    _ini(
        home / ".config/qt5ct/qt5ct.conf",
        {
            "Appearance": {
                "style": "Breeze" if kde else "Fusion",
                "icon_theme": icon_theme,
                "custom_palette": str(look.dark).lower(),
                "color_scheme_path": str(palette),
                "standard_dialogs": "default",
            },
            "Fonts": {"general": described, "fixed": '"DejaVu Sans Mono,10,-1,5,50,0,0,0,0,0"'},
        },
    )
    if kde:
        colours = {
            f"Colors:{name}": {
                "BackgroundNormal": back, "BackgroundAlternate": back, "ForegroundNormal": fore,
                "DecorationFocus": "61,174,233", "DecorationHover": "61,174,233", "ForegroundInactive": "161,169,177",
                "ForegroundLink": "29,153,243",
            }
            for name, (back, fore) in _KDE_DARK.items()
        }  # fmt: skip
        _ini(home / ".config/kdeglobals", {"Icons": {"Theme": icon_theme}, **(colours if look.dark else {})})
    return {
        "QT_QPA_PLATFORMTHEME": "qt5ct",
        "QT_SCALE_FACTOR": str(look.scale),
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    }


def _chromium(look: Look, home: Path, font: str) -> tuple[dict[str, str], list[str]]:
    if look.font:
        rules = "".join(
            f'<match target="pattern"><test qual="any" name="family"><string>{asked}</string></test>'
            f'<edit name="family" mode="assign" binding="strong"><string>{font}</string></edit></match>'
            for asked in ("sans-serif", "Sans", "system-ui", "DejaVu Sans", "Roboto", "Arial")
        )
        place = home / ".config/fontconfig/fonts.conf"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(
            f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>{rules}</fontconfig>'
        )
    preferences = home / "profile/Default/Preferences"
    preferences.parent.mkdir(parents=True, exist_ok=True)
    # 2 is dark, 1 light.
    preferences.write_text(json.dumps({"browser": {"theme": {"color_scheme": 2 if look.dark else 1}}}))
    arguments = [
        "--no-sandbox", "--test-type", "--no-first-run", "--force-renderer-accessibility", "--disable-gpu",
        "--password-store=basic", f"--user-data-dir={home / 'profile'}", f"--force-device-scale-factor={look.scale}",
    ]  # fmt: skip
    return {"GNOME_ACCESSIBILITY": "1"}, arguments + (["--force-dark-mode"] if look.dark else [])


def _ini(path: Path, sections: dict[str, dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(
        f"[{section}]\n" + "".join(f"{name}={value}\n" for name, value in values.items()) + "\n"
        for section, values in sections.items()
    )
    path.write_text(text)
