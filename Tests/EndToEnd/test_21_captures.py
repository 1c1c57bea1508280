"""capture: what goes over the wire, for usher-lab dissect."""

import json
import os
import subprocess

from lab import USHER_LAB


def dissected(path, status=0):
    done = subprocess.run([USHER_LAB, "dissect", path], capture_output=True, timeout=60)
    assert done.returncode == status, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_session_is_kept_from_create_to_delete_without_its_secrets(lab):
    lab = lab()
    folder = lab.world.directory / "captures"
    folder.mkdir(mode=0o700)
    lab.serve(capture=str(folder))
    world = lab.world
    session = world.open("litware")
    for _ in range(2):
        told = world.usher("run", session, "--secret", "pin=-", "--", "ConvertFrom-LabSecret", "$pin", input=b"0815-4711\n")
        assert told.output == "0815-4711\n", told
    assert world.usher("run", session, "--", "Get-LabObject", "-Count", "2000").status == 0
    assert world.usher("close", session).status == 0
    (path,) = folder.iterdir()
    assert path.name == f"{session}.wsman" and path.stat().st_mode & 0o777 == 0o600
    lines = dissected(path)
    operations = [line["operation"] for line in lines if "operation" in line]
    assert operations[0] == "Create" and "DeleteResponse" in operations
    types = {line["messageType"] for line in lines if "messageType" in line}
    assert {"SESSION_CAPABILITY", "CREATE_PIPELINE", "PUBLIC_KEY", "ENCRYPTED_SESSION_KEY", "PIPELINE_OUTPUT"} <= types
    secrets = [text for line in lines for text in secure_strings(line.get("data"))]
    assert len(secrets) == 2 and {len(text) for text in secrets} == {44} and set("".join(secrets)) <= {"A"}
    kept = path.read_bytes()
    for user, password in lab.facts["users"].items():
        assert password.encode() not in kept, user
    assert b"Authorization" not in kept and b"eyJ0eXAi" not in kept


def secure_strings(value):
    if isinstance(value, dict):
        if value.get("type") == "SS":
            yield value["value"]
        for inner in value.values():
            yield from secure_strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from secure_strings(inner)


def test_a_folder_that_is_not_there_harms_nobody_and_is_told(lab):
    lab = lab()
    lab.serve(capture="/nowhere/at/all")
    assert lab.world.usher("run", "litware", "--", "Get-CsTenant").status == 0
    assert not os.path.exists("/nowhere")
    lab.world.daemon.logged(".wsman could not be opened, and nothing is captured: No such file or directory")


def test_a_full_disk_harms_nobody_and_is_told(as_root, lab):
    lab = lab()
    folder = lab.world.directory / "captures"
    folder.mkdir(mode=0o700)
    mounted = ["mount", "-t", "tmpfs", "-o", "size=64k", "usher-test", folder]
    subprocess.run(mounted, check=True, capture_output=True, timeout=30)
    lab.world.cleanups.callback(subprocess.run, ["umount", "-l", folder], capture_output=True, timeout=30)
    lab.serve(capture=str(folder))
    done = lab.world.usher("run", "litware", "--format", "plain", "--", "Get-LabObject", "-Count", "2000")
    assert done.status == 0 and len(done.output.splitlines()) == 2000, done.errors
    lab.world.daemon.logged(".wsman ends before its session: No space left on device")


def test_a_disk_that_does_not_keep_up_slows_nobody_and_is_told(lab):
    lab = lab()
    folder = lab.world.directory / "captures"
    folder.mkdir(mode=0o700)
    # A pipe that nobody reads, in the place of the first session's file: it takes 64 KiB and then no more.
    os.mkfifo(folder / "s100.wsman")
    unread = os.open(folder / "s100.wsman", os.O_RDONLY | os.O_NONBLOCK)
    lab.world.cleanups.callback(os.close, unread)
    lab.serve(capture=str(folder))
    done = lab.world.usher("run", "litware", "--format", "plain", "--", "Get-LabObject", "-Count", "6000", "-Padding", "2000")
    assert done.status == 0 and len(done.output.splitlines()) == 6000, done.errors
    lab.world.daemon.logged("s100.wsman ends before its session: the disk does not keep up")
