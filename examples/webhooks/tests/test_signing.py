"""Signatures, verified by the Standard Webhooks library: the outside yardstick."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError
from webhooks.keys import MAX_KEYS, TooManyKeys
from webhooks.signing import headers, new_secret
from worlds import World

BODY = '{"type":"ImageProcessed","data":{"key":"Grüße 🎉.jpg"}}'


def signed(*keys: str, sent_at: int | None = None) -> dict[str, str]:
    return headers("id-1", sent_at or int(time.time()), BODY.encode(), keys)


def test_the_library_accepts_what_was_signed_and_nothing_else() -> None:
    secret = new_secret()
    receiver = Webhook(secret)
    assert receiver.verify(BODY, signed(secret)) == json.loads(BODY)
    forged = [
        (BODY.replace("Grüße", "Grusse"), signed(secret)),
        (BODY, signed(secret) | {"webhook-id": "id-2"}),
        (BODY, signed(secret) | {"webhook-timestamp": str(int(time.time()) - 1)}),
        (BODY, signed(new_secret())),
        (BODY, signed(secret, sent_at=int(time.time()) - 400)),
    ]
    for body, given in forged:
        with pytest.raises(WebhookVerificationError):
            receiver.verify(body, given)


def test_a_receiver_that_knows_either_secret_accepts_during_a_rotation() -> None:
    old, new = new_secret(), new_secret()
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, signed(new, old))


def test_the_published_example_is_signed_alike() -> None:
    """The vector of the libraries' own tests."""
    given = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert given["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_old_secret_signs_until_its_time_is_over() -> None:
    world = World()
    first = world.subscribe()
    second = world.keys.rotate("sub_1", timedelta(hours=24))
    assert world.keys._read("sub_1")[0][0] == {"secret": second}
    fresh = World(world.clock, ssm=world.ssm)
    assert fresh.keys.of("sub_1") == [second, first]
    world.clock.sleep(24 * 3600 + 1)
    assert fresh.keys.of("sub_1") == [second]


def test_a_rotation_without_overlap_ends_the_old_secrets_at_once() -> None:
    world = World()
    world.subscribe()
    secret = world.keys.rotate("sub_1", timedelta(0))
    assert World(world.clock, ssm=world.ssm).keys.of("sub_1") == [secret]


def test_more_secrets_than_a_receiver_should_have_to_try_are_refused() -> None:
    world = World()
    world.subscribe()
    for _ in range(MAX_KEYS - 1):
        world.keys.rotate("sub_1", timedelta(hours=24))
    with pytest.raises(TooManyKeys):
        world.keys.rotate("sub_1", timedelta(hours=24))


def test_of_two_rotations_at_the_same_time_both_secrets_sign() -> None:
    world, printed = World(), []
    first = world.subscribe()
    world.ssm.before_put = lambda: printed.append(world.keys.rotate("sub_1", timedelta(hours=1)))
    second = world.keys.rotate("sub_1", timedelta(hours=1))
    assert World(world.clock, ssm=world.ssm).keys.of("sub_1") == [second, *printed, first]


def test_a_rotation_that_comes_second_and_is_refused_takes_nothing_back() -> None:
    world, printed = World(), []
    world.subscribe()
    world.keys.rotate("sub_1", timedelta(hours=1))
    world.ssm.before_put = lambda: printed.append(world.keys.rotate("sub_1", timedelta(hours=1)))
    with pytest.raises(TooManyKeys):
        world.keys.rotate("sub_1", timedelta(hours=1))
    assert World(world.clock, ssm=world.ssm).keys.of("sub_1")[:1] == printed


def test_no_secret_is_in_a_representation() -> None:
    world = World()
    secret = world.subscribe()
    assert world.keys.of("sub_1") == [secret]
    assert secret not in repr(world.keys)


def test_the_library_for_node_accepts_it_as_well(tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node or npm is not installed, so its library cannot verify a signature")
    folder = Path(__file__).parent / "node"
    for name in ("package.json", "package-lock.json", "verify.mjs"):
        shutil.copyfile(folder / name, tmp_path / name)
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--silent")
    if subprocess.run([npm, "ci", *quiet], cwd=tmp_path, check=False).returncode:
        pytest.skip("npm ci failed: no registry, so the library for Node cannot verify a signature")
    old, new = new_secret(), new_secret()
    for secret, expected in ((old, "accepted"), (new, "accepted"), (new_secret(), "refused")):
        request = json.dumps({"secret": secret, "headers": signed(new, old), "body": BODY})
        done = subprocess.run(
            [node, "verify.mjs"], cwd=tmp_path, input=request, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
