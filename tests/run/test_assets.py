"""`--assets`: local files through a bucket of one's own, on a real S3 server, signed late and told to nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bucket import ACCESS, SECRET, Store, sha256
from helpers import HERO, SMALL, Make, Project, Service, nearby

from seedspec.lock.run_events import Uploaded
from seedspec.project.credentials import BadSettings
from seedspec.run.engine.messages import Stored, Trouble, Upload
from seedspec.run.service.bucket import Bucket
from seedspec.run.service.uploads import Uploads

pytestmark = pytest.mark.slow

URL = "s3://team/films/tea"


def address(service: Service) -> str:
    """The last address of an image that the service was given."""
    return str(service.ledger("reserved")[-1]["request"]["body"]["image_urls"][0])


def got(url: str) -> int | bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return error.code


def words(found: Project, old: str, new: str) -> None:
    path = found.folder / "storyboard.yaml"
    path.write_text(path.read_text().replace(f"{found.name} {old}", f"{found.name} {new}"))


def test_a_file_goes_to_the_bucket_once_and_the_service_reads_it_there(
    project: Make, mine: Service, store: Store
) -> None:
    found = project(HERO, at=mine)
    content = (found.folder / "hero.png").read_bytes()
    key = f"films/tea/{sha256(content)}.png"
    first = found.here(assets=URL)
    assert first[-1].exit == 0 and [e.reused for e in first if isinstance(e, Uploaded)] == [False]
    assert store.keys("team") == {key: len(content)}
    assert store.client().head_object(Bucket="team", Key=key)["ContentType"] == "image/png"
    assert not mine.ledger("uploaded"), "nothing goes to the service's own host"
    assert store.seen.count(f"GET /team/{key}") == 1, "the service fetched it"
    words(found, "one", "two")
    second = found.here(assets=URL)
    assert second[-1].bought == 1 and [e.reused for e in second if isinstance(e, Uploaded)] == [True]
    assert len(store.sent("PUT")) == 1
    words(found, "two", "one")
    assert found.here(assets=URL)[-1].reused == 1, "where a file is says nothing about what is bought"
    assert found.here()[-1].reused == 1


def test_a_signed_address_is_good_for_long_enough_and_for_nobody_who_alters_it(
    project: Make, mine: Service, store: Store
) -> None:
    found = project(HERO, at=mine)
    assert found.here(assets=URL)[-1].exit == 0
    url = address(mine)
    assert got(url) == (found.folder / "hero.png").read_bytes()
    query = parse_qs(urlsplit(url).query)
    assert 24 * 3600 <= int(query["X-Amz-Expires"][0]) <= 7 * 86400
    assert got(url.partition("?")[0]) == 403
    assert got(url.replace("X-Amz-Expires=172800", "X-Amz-Expires=172801")) == 403
    assert got(url.replace(".png?", ".jpg?")) == 403


def test_neither_address_nor_credentials_are_kept_or_told(project: Make, mine: Service, store: Store) -> None:
    found = project(HERO, at=mine)
    done = found.run("--assets", URL)
    assert done.code == 0, done.err
    plain = found.do("run", "--yes", "--plain", environ={"SEEDSPEC_ASSETS": URL})
    assert plain.code == 0
    signature = parse_qs(urlsplit(address(mine)).query)["X-Amz-Signature"][0]
    secrets = [signature, SECRET, ACCESS, "X-Amz", store.origin]
    kept = {str(p): p.read_bytes().decode("latin-1") for p in found.folder.rglob("*") if p.is_file()}
    told = {"events": done.out, "messages": done.err, "text": plain.out + plain.err}
    assert not [(secret, where) for secret in secrets for where, text in {**kept, **told}.items() if secret in text]


def test_a_dead_signature_is_made_anew(project: Make, tmp_path: Path, store: Store) -> None:
    with nearby(tmp_path / "service", "refused=invalid_media_url@1") as service:
        found = project(HERO, at=service)
        assert found.here(assets=URL)[-1].exit == 0
        assert len(service.ledger("refused")) == len(service.ledger("reserved")) == 1
        assert len(store.sent("PUT")) == 2, "it is put there again, should it have been damaged"


def test_only_a_flag_or_the_real_environment_names_a_bucket(project: Make, mine: Service, store: Store) -> None:
    found = project(HERO, at=mine)
    (found.folder / ".env").write_text(f"SEEDSPEC_ASSETS={URL}\nSEEDSPEC_RUN_ASSETS={URL}\n")
    assert found.run().code == 0
    assert not store.seen and len(mine.ledger("uploaded")) == 1
    words(found, "one", "two")
    assert found.run(environ={"SEEDSPEC_ASSETS": URL}).code == 0
    assert store.sent("PUT") and len(mine.ledger("uploaded")) == 1
    board = found.folder / "storyboard.yaml"
    board.write_text(f"assets: {URL}\n{board.read_text()}")
    refused = found.do("check")
    assert refused.code == 3 and "unknown key `assets`" in refused.out


def test_without_local_files_no_bucket_is_asked(project: Make, mine: Service, store: Store) -> None:
    found = project(SMALL, at=mine)
    done = found.run("--assets", "s3://no-such-bucket", environ={"AWS_ACCESS_KEY_ID": "wrong"})
    assert done.code == 0 and not store.seen


@pytest.mark.parametrize(
    ("url", "more", "code", "said"),
    [
        ("s3://team/films/../x", {}, 2, "expected s3://BUCKET/PREFIX, gs://… or az://…"),
        ("s3://user:word@team/films", {}, 2, "expected s3://BUCKET"),
        ("s3://team?region=x", {}, 2, "expected s3://BUCKET"),
        ("file:///tmp/x", {}, 2, "expected s3://BUCKET"),
        ("https://team.s3.amazonaws.com/films", {}, 2, "expected s3://BUCKET"),
        ("s3://", {}, 2, "expected s3://BUCKET"),
        ("s3://nowhere/films", {}, 5, "there is no bucket `nowhere`: NoSuchBucket"),
        (URL, {"AWS_SECRET_ACCESS_KEY": "wrong"}, 5, "does not take these credentials: SignatureDoesNotMatch"),
        (URL, {"AWS_ACCESS_KEY_ID": "wrong"}, 5, "does not take these credentials: InvalidAccessKeyId"),
        (URL, {"AWS_ENDPOINT_URL": "http://192.0.2.1"}, 2, "goes to http://192.0.2.1; expected https"),
        (URL, {"AWS_ENDPOINT_URL": "nonsense"}, 5, f"`--assets {URL}`: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_bucket_is_said_and_nothing_is_bought(
    url: str, more: dict[str, str], code: int, said: str, project: Make, mine: Service, store: Store
) -> None:
    found = project(HERO, at=mine)
    done = found.do("run", "--yes", "--plain", "--assets", url, environ={**store.environ, **more})
    assert (done.code, "Traceback" in done.err) == (code, False), done.err
    assert said in done.out + done.err, done.out + done.err
    assert not mine.ledger("reserved") and not store.keys("team")


def test_without_credentials_it_is_said_which_to_set(
    project: Make, mine: Service, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = project(HERO, at=mine)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    # nobody listens where a machine of the cloud would ask for its credentials
    done = found.do("run", "--yes", "--plain", "--assets", URL, environ={"AWS_METADATA_ENDPOINT": "http://127.0.0.1:9"})
    assert done.code == 5, done.err
    assert "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in done.err
    assert not mine.ledger("reserved")


def test_without_the_extra_it_is_said_what_to_install(project: Make, mine: Service, store: Store) -> None:
    found = project(HERO, at=mine)
    program = "import sys; sys.modules['obstore'] = None; from seedspec.__main__ import main; main()"
    command = [sys.executable, "-c", program, "run", "--yes", "--plain", "--assets", URL]
    given: Any = {"cwd": found.folder, "env": found.environ(**store.environ), "capture_output": True, "text": True}
    done = subprocess.run(command, timeout=60, **given)
    assert done.returncode == 2, done.stderr
    assert "`--assets` needs one more package: pip install 'seedspec[assets]'" in done.stderr
    assert not mine.ledger("reserved")


def test_plain_http_is_for_a_service_on_this_machine_alone(store: Store) -> None:
    with pytest.raises(BadSettings, match="the service reads https addresses alone"):
        Bucket(URL, local=False)
    assert not store.seen
    Bucket(URL, local=True)


# --- one file ---


async def never(_: Any) -> Any:
    raise AssertionError("nothing goes to the files API")


def stored(bucket: Any, path: Path, digest: str, *, again: bool = False) -> Any:
    return asyncio.run(Uploads(bucket=bucket).reply(Upload(digest, path.name, again), path.parent, never))


def test_large_files_go_up_in_parts_and_are_whole(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "walk.mp4"
    content = os.urandom(20_000_000)
    path.write_bytes(content)
    reply = stored(Bucket(URL, local=True), path, sha256(content))
    assert isinstance(reply, Stored) and not reply.reused and reply.bytes == len(content)
    assert len(store.sent("PUT")) == 3, store.seen
    assert got(reply.url) == content
    assert stored(Bucket(URL, local=True), path, sha256(content)).reused


@pytest.mark.parametrize("size", [1000, 20_000_000])
def test_a_file_that_has_changed_is_not_put_there(size: int, tmp_path: Path, store: Store) -> None:
    path = tmp_path / "walk.mp4"
    path.write_bytes(os.urandom(size))
    reply = stored(Bucket(URL, local=True), path, sha256(b"another"))
    assert isinstance(reply, Trouble) and reply.final and "is not what it was" in reply.reason
    assert not store.sent("PUT") and not store.sent("POST")


def test_a_file_that_changes_on_the_way_is_never_there(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "walk.mp4"
    content = os.urandom(40_000_000)
    path.write_bytes(content)

    def change() -> None:
        with path.open("r+b") as other:
            other.seek(39_000_000)
            other.write(b"different")

    store.between.append(change)
    reply = stored(Bucket(URL, local=True), path, sha256(content))
    assert isinstance(reply, Trouble) and reply.final and "was changed while it was sent" in reply.reason, reply
    assert not store.keys("team")
    assert not store.between, "it was changed while its first part was on its way"
    assert not store.client().list_multipart_uploads(Bucket="team").get("Uploads"), "no parts are left behind"


def test_a_file_of_another_size_is_not_taken_for_this_one(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "hero.png"
    path.write_bytes(b"picture")
    key = f"films/tea/{sha256(b'picture')}.png"
    store.client().put_object(Bucket="team", Key=key, Body=b"pic")
    reply = stored(Bucket(URL, local=True), path, sha256(b"picture"))
    assert isinstance(reply, Stored) and not reply.reused and got(reply.url) == b"picture"


def test_what_is_there_needs_no_reading(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "hero.png"
    path.write_bytes(b"picture")
    bucket = Bucket(URL, local=True)
    first = stored(bucket, path, sha256(b"picture"))
    path.write_bytes(b"PICTURE")  # of what is named here, the bucket has the right bytes
    again = stored(bucket, path, sha256(b"picture"))
    assert again.reused and got(again.url) == b"picture"
    assert first.usable < first.seconds / 2, "another is signed before the first has grown old"
    path.unlink()
    assert isinstance(stored(bucket, path, sha256(b"picture")), Trouble)


def test_a_server_that_is_away_is_asked_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    path = tmp_path / "hero.png"
    path.write_bytes(b"picture")
    reply = stored(Bucket(URL, local=True), path, sha256(b"picture"))
    assert isinstance(reply, Trouble) and not reply.final and not reply.stop
    assert "127.0.0.1:9" not in reply.reason


def test_the_other_clouds_sign_https_addresses_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind, form = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    text = key.private_bytes(form, kind, serialization.NoEncryption()).decode()
    account = {"type": "service_account", "client_email": "team@example.iam.gserviceaccount.com", "private_key": text,
               "private_key_id": "1", "client_id": "1", "token_uri": "https://oauth2.googleapis.com/token"}  # fmt: skip
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "team")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5a2V5a2V5a2V5")
    for url in ("gs://team/films", "az://films/tea"):
        Bucket(url, local=False)
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME")
    with pytest.raises(BadSettings) as error:
        Bucket("az://films/tea", local=False)
    assert error.value.exit == 5
