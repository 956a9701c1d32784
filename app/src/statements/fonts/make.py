"""Makes the fonts of a statement from Inter; see README.md for how it is called."""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

# Latin with its extensions, spacing and combining accents, Greek, Cyrillic; punctuation, raised and lowered figures,
# currencies, letter-like signs, fractions, four arrows, a few signs of arithmetic, the box for what is missing.
CHARACTERS = (
    "0020-007E 00A0-024F 02B0-036F 0370-03FF 0400-052F 1E00-1EFF 2000-206F 2070-209F 20A0-20CF 2100-214F 2150-218F "
    "2190-2193 2212 2215 2219 221E 2248 2260 2264 2265 25A1 25CC"
)
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]
NAMES = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]


def make(source: Path, target: Path) -> None:
    options = subset.Options(layout_features=FEATURES, name_IDs=NAMES, hinting=False, notdef_outline=True)
    options.recalc_timestamp = False
    font = subset.load_font(source, options)
    font.flavor = None
    narrow_hyphen(font)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(CHARACTERS))
    subsetter.subset(font)
    font.save(target)


def narrow_hyphen(font: TTFont) -> None:
    """Among tabular figures Inter's hyphen is as wide as a figure; in order numbers and names it tears them apart."""
    table = font["GSUB"].table
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for rules in table.LookupList.Lookup[index].SubTable:
                    getattr(rules, "ExtSubTable", rules).mapping.pop(font.getBestCmap()[ord("-")], None)


if __name__ == "__main__":
    for weight in ("Regular", "SemiBold"):
        make(Path(sys.argv[1]) / f"Inter-{weight}.woff2", Path(__file__).with_name(f"Inter-{weight}.ttf"))
