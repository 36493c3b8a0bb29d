"""What the packages are made of, without making them: `./dev package` does, and takes minutes."""

import re

from netecho import PROJECT

PACKAGING = PROJECT / "packaging"


def test_the_debian_package_is_built_from_the_packages_that_the_project_names():
    named = set(re.findall(r"^build\s+(\S+)$", (PROJECT / "packages.txt").read_text(), re.M))
    control = (PACKAGING / "debian/control").read_text()
    field = re.search(r"^Build-Depends: (.*?)^\S", control, re.M | re.S)[1]
    wanted = {re.split(r"[ (]", each.strip())[0] for each in field.split(",")}
    # The compiler is essential to every build, and debhelper is of packages alone.
    assert wanted - {"debhelper-compat"} == named - {"g++"}


def test_the_license_of_the_debian_package_is_that_of_the_project():
    def words(text):
        return re.sub(r"^ \.$", "", text, flags=re.M).split()

    license_text = (PROJECT / "LICENSE").read_text().partition("the netecho authors\n")[2]
    told = (PACKAGING / "debian/copyright").read_text().rpartition("License: Expat\n")[2]
    assert words(told) == words(license_text)


def test_the_image_is_the_program_alone_and_runs_as_nobody():
    lines = (PACKAGING / "oci/Containerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith(("FROM", "COPY", "ADD", "RUN"))] == [
        "FROM scratch",
        "COPY bin/netecho /netecho",
    ]
    assert "USER 65534:65534" in lines


def test_the_rules_can_be_run():
    assert (PACKAGING / "debian/rules").stat().st_mode & 0o111
    assert (PACKAGING / "make").stat().st_mode & 0o111
