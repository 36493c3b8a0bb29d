"""The objects for Kubernetes that are shipped: their fields by hand, as there is no cluster here."""

import json
import re

import pytest
from netecho import PROJECT

yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")
OBJECTS = list(yaml.safe_load_all((PROJECT / "packaging/kubernetes/netecho.yaml").read_text()))
KINDS = {each["kind"]: each for each in OBJECTS}
DAEMON_SET = KINDS["DaemonSet"]
POD = DAEMON_SET["spec"]["template"]["spec"]
CONTAINERS = {each["name"]: each for each in POD["containers"]}
PORTS = {port["name"]: port for each in POD["containers"] for port in each["ports"]}


def test_these_objects_and_no_others():
    assert [(each["apiVersion"], each["kind"]) for each in OBJECTS] == [
        ("v1", "Namespace"), ("v1", "ConfigMap"), ("v1", "Service"), ("apps/v1", "DaemonSet"),
    ]
    for each in OBJECTS:
        assert each["metadata"]["name"] == "netecho"
        assert each["kind"] == "Namespace" or each["metadata"]["namespace"] == "netecho"
    labels = KINDS["Namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_selectors_find_the_pods():
    labels = DAEMON_SET["spec"]["template"]["metadata"]["labels"]
    assert labels and DAEMON_SET["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert KINDS["Service"]["spec"]["selector"].items() <= labels.items()


def test_the_service_is_a_list_of_pods_that_keeps_the_dead():
    spec = KINDS["Service"]["spec"]
    assert spec["clusterIP"] == "None"
    assert spec["publishNotReadyAddresses"] is True
    for port in spec["ports"]:
        there = PORTS[port["targetPort"]]
        assert (port["port"], port["protocol"]) == (there["containerPort"], there["protocol"])
    assert {port["targetPort"] for port in spec["ports"]} == set(PORTS)


@pytest.mark.parametrize("name, listens", [
    ("serve", {"echo-udp": r"udp://:(\d+)", "echo-tcp": r"tcp://:(\d+)", "serve": r"--metrics=0\.0\.0\.0:(\d+)"}),
    ("watch", {"watch": r"--listen=0\.0\.0\.0:(\d+)"}),
])
def test_what_a_container_listens_on_is_named(name, listens):
    container = CONTAINERS[name]
    assert container["args"][0] == name
    assert {port["name"] for port in container["ports"]} == set(listens)
    for port in container["ports"]:
        (number,) = [int(found[1]) for arg in container["args"]
                     if (found := re.fullmatch(listens[port["name"]], arg))]
        assert port["containerPort"] == number > 1024
        assert re.fullmatch(r"[a-z0-9-]{1,15}", port["name"])
    for kind, path in (("livenessProbe", "/-/healthy"), ("readinessProbe", "/-/ready")):
        assert container[kind]["httpGet"] == {"path": path, "port": name}


def test_pods_may_do_nothing():
    assert POD["automountServiceAccountToken"] is False
    assert POD["securityContext"] == {
        "runAsNonRoot": True, "runAsUser": 65534, "runAsGroup": 65534,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(POD)
    for container in POD["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_memory_is_limited_and_processor_time_is_not():
    for container in POD["containers"]:
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"memory"}


def test_the_targets_are_mounted_as_a_folder_and_name_the_service():
    volumes = {each["name"]: each for each in POD["volumes"]}
    mounts = [(each["name"], mount) for each in POD["containers"] for mount in each.get("volumeMounts", ())]
    assert {mount["name"] for _, mount in mounts} == set(volumes)
    ((container, mount),) = mounts
    assert container == "watch" and mount["readOnly"] is True and "subPath" not in mount
    config = KINDS["ConfigMap"]
    assert volumes[mount["name"]]["configMap"]["name"] == config["metadata"]["name"]
    (option,) = [arg for arg in CONTAINERS["watch"]["args"] if arg.startswith("--targets=")]
    folder, _, file = option.removeprefix("--targets=").rpartition("/")
    assert folder == mount["mountPath"] and list(config["data"]) == [file]
    (group,) = json.loads(config["data"][file])
    service = KINDS["Service"]
    port = PORTS["echo-udp"]["containerPort"]
    assert group == {
        "targets": [f"udp://{service['metadata']['name']}.{service['metadata']['namespace']}.svc:{port}"],
        "labels": {"__resolve__": "all"},
    }


def test_all_that_is_named_is_reached_by_one_image():
    (image,) = {each["image"] for each in POD["containers"]}
    assert re.fullmatch(r"netecho(:\S+)?", image)
    entry = (PROJECT / "packaging/oci/Containerfile").read_text()
    assert 'ENTRYPOINT ["/netecho"]' in entry  # So that `args` begin with the command.
