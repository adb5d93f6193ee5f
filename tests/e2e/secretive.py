"""A folder and a provider full of secrets, and runs that fail their test where one of them is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path

from msgspec import Struct, field

from reconciler.sandbox.api import SandboxOptions
from reconciler.sandbox.faults import Rule
from reconciler.sandbox.store import OBJECT_OWNER
from tests.e2e.tool import HOST, Ended, Tool
from tests.support.canaries import Canaries
from tests.support.clock import START, FakeClock
from tests.support.here import main_here
from tests.support.sandbox import Sandbox

LIVE, TEST = "shippo_live_", "shippo_test_"
ELSEWHERE = "https://elsewhere.example.com"

FED = {
    "token": "Vx3\"k\\9Qz'T7m%4+=/Lw&n2Rd",
    "other token": "j5Hq8Zt1Xc6Wv0Bn4Mk7",
    "account id": "aK2d9Fz6\"Lp0Rw'3Ux8",
    "query": "Jw5'xT(9!B2qLm7Rk",
    "other query": "Rf4Nz8vK1tQy6Wj3",
    "path": "Gd7Xb3'Zq9Lw5Nc",
    "path in words": "swordfish-and-chips",
    "whole path": "Tz2Kd8Vq4Rn6Mx0",
    "whole key": "Ys9Wb3Jt7Lf1Hc5",
    "default variable": "Nb6Qv2Xk8Zr4Td0",
    "NAME_FILE": "Pm1Lz7Wc3Vj9Xq5",
    "env file": "Hk8Rt4Nx2Zb6Yd0",
    "pattern": "Cw3Vq9Kz5Xm7Lt1",
    "doubled query": "Gs7Vb1Xn5Kt9Wz3",
    "never used": "Dj6Zx0Rb8Tn4Wq2",
}
"""What the environment, env files and mounted files feed, by where it goes; tokens without their prefix."""

WRITTEN = {"literal": "Bn8Yc4Td6Qz2Xj0"}
"""What somebody wrote into a file in clear, which is an error."""

THERE = {
    "slack team": "T024BE7LDQ",
    "slack channel": "B0FGH2KLMZ",
    "slack": "x7RtKw2QzVb9LmY4cNd8FhJ3",
    "discord id": "112233445566778899",
    "discord": "aZ3-kP9_vXw7QnRt5LbYc1MdFh8GjKs2TzBxVr6NpQwEy4UiOaCe0DfHgJlMnXkZqWv1",
    "user info": "Kq4Zt8Wx2Vb6Rn0",
    "token": "Lz7Qc3Xv9Kt5Wm1",
    "hook_secret": "Vt2Nb8Zx4Rq6Yk0",
    "workflowApiKey": "Mx5Wd1Lz7Tc9Qj3",
    "other parameter": "Wb9Kz3Vt7Xq1Rn5",
    "name of a parameter": "Xj4Rq0Zn6Tb8Wd2",
    "old query": "Zt8Lw4Qx2Vn6Kb0",
    "old whole key": "Qd3Xz9Vb5Tr7Wk1",
    "old protected": "Tr6Wk2Zq8Xn4Lv0",
    "gone path": "Wz1Vt7Kx3Qb9Ld5",
    "gone query": "Nx8Zc4Rq6Wt2Vj0",
    "doubled": "Fx5Lq1Wz9Kr3Vt7",
    "duplicate": "Kb5Tq1Xz7Wn3Rv9",
    "absent": "Rv0Ld6Zx2Kt8Wq4",
    "old name": "Lj7Wq3Nz9Xt5Vb1",
    "left over": "Vq2Xk8Rz4Wb6Tn0",
    "test kind": "Xw9Tn5Lq1Zk7Vr3",
    "other account": "Zb4Vx0Wq6Kn8Rt2",
    "owner": OBJECT_OWNER.partition("@")[0],
}
"""What stands in webhooks that are at the provider, by where."""

ENVIRONMENT = {
    "MAIN_TOKEN": LIVE + FED["token"],
    "MAIN_ID": FED["account id"],
    "OTHER_TOKEN_FILE": "mounted/token",
    "QUERY": FED["query"],
    "REF": FED["other query"],
    "PATH_PART": FED["path"],
    "WORDS": FED["path in words"],
    "WHOLE": f"https://whole.example.com/hook/{FED['whole path']}?key={FED['whole key']}",
    "SPARE": FED["default variable"],
    "MOUNTED_FILE": "mounted/hook",
    "PATTERN": FED["pattern"],
    "DOUBLED": FED["doubled query"],
    "NEVER_USED": FED["never used"],
}

_ENTRIES = {
    "query": f"{HOST}/query?token=${{QUERY}}",
    "ref": f"{HOST}/ref?ref=${{REF}}",
    "path": f"{HOST}/in/${{PATH_PART}}/orders",
    "words": f"{HOST}/in/${{WORDS}}",
    "whole": "${WHOLE}",
    "spare": f"{HOST}/spare?token=${{NOPE:-${{SPARE}}}}",
    "doubled": f"{HOST}/doubled?token=${{DOUBLED}}",
    "mounted": f"{HOST}/mounted/${{MOUNTED}}",
    "from-file": f"{HOST}/from-file?key=${{FROM_FILE}}",
    "patterned": "https://patterned.example.com/${PATTERN}/orders",
    "protected": f"{HOST}/protected?token=${{QUERY}}",
    "renamed": f"{HOST}/new/orders",
}
OPTIONS = ("--env-file", "secrets.env")
"""Of every command that reads the file."""


def file_text(base_url: str, entries: Mapping[str, str] = _ENTRIES) -> str:
    """The file; its entries by name, each with its URL."""
    lines = [
        "version: 1",
        "accounts:",
        f"  main: {{provider: shippo, token: '${{MAIN_TOKEN}}', account_id: '${{MAIN_ID}}', base_url: '{base_url}'}}",
        f"  other: {{provider: shippo, token: '${{OTHER_TOKEN}}', base_url: '{base_url}'}}",
        f"owns: [{HOST}/*, https://whole.example.com/*, 'https://patterned.example.com/${{PATTERN}}/*']",
        f"absent: [{HOST}/absent/*]",
        f"protect: [{HOST}/protected]",
        "limits: {max_losses: 1}",
        "defaults: {account: main}",
        "webhooks:",
    ]
    for name, url in entries.items():
        lines.append(f"  {name}: {{url: '{url}', events: [track_updated]}}")
    return "\n".join(lines) + "\n"


class Secretive(Struct, kw_only=True):
    """The folder and the provider.

    Attributes:
        folder: where commands run.
        allowed: names of the files that may hold secrets: those that were there, and those that are made for them.
    """

    folder: Path
    sandbox: Sandbox
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    allowed: set[str] = field(default_factory=set)

    def write(self, text: str | bytes, name: str = "webhooks.yaml") -> None:
        """Write a file that may hold secrets."""
        (self.folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
        self.allowed.add(name)

    def run(self, *arguments: str, options: tuple[str, ...] = OPTIONS, **variables: str) -> Ended:
        """Run a command in this process, without waiting; no secret may be told, though it crashes."""
        code, out, err = main_here(self.folder, [*arguments, *options], {**self.environment, **variables}, FakeClock())
        return self.checked(Ended(code=code, out=out, err=err))

    @property
    def tool(self) -> Tool:
        """The installed command in this folder, with a place for temporary files that is looked at, too."""
        temporary = self.folder / "temporary"
        temporary.mkdir(exist_ok=True)
        return Tool(folder=self.folder, sandbox=self.sandbox, environment=self.environment | {"TMPDIR": str(temporary)})

    def checked(self, ended: Ended) -> Ended:
        """See that no secret is told: not in what was said, and in no file but the allowed ones."""
        paths = [path for path in self.folder.rglob("*") if str(path.relative_to(self.folder)) not in self.allowed]
        texts = [(str(path), path.read_bytes().decode("utf-8", "replace")) for path in paths if path.is_file()]
        names = [("a file's name", path.name) for path in paths]
        said = [("stdout", ended.out), ("stderr", ended.err), *texts, *names]
        found = [f"{where}: {secret}" for where, text in said for secret in _found_in(text)]
        assert not found, f"told: {', '.join(found)}\n{ended.all}"
        return ended

    @contextmanager
    def fault(self, *rules: Rule, optional: bool = False) -> Iterator[None]:
        """Meanwhile calls fail as the rules say; one of the faults must have happened unless they are optional."""
        faults = self.sandbox.faults
        armed = [faults.add(rule) for rule in rules]
        try:
            yield
        finally:
            for one in armed:
                faults.remove(one)
        assert optional or any(one.applied for one in armed)

    def urls(self) -> list[str]:
        """All URLs that the main account has at the provider."""
        return [hook.url for hook in self.sandbox.store.list(_ACCOUNT)]


@lru_cache(maxsize=100)
def _found_in(text: str) -> list[str]:
    """The secrets in a text. The files of a folder are looked at after every command in it."""
    return _canaries().found_in(text)


@lru_cache
def _canaries() -> Canaries:
    groups = {"fed": FED, "written": WRITTEN, "there": THERE}
    return Canaries({f"{name} ({kind})": text for kind, group in groups.items() for name, text in group.items()})


@contextmanager
def secretive(folder: Path) -> Iterator[Secretive]:
    """A folder of this kind, with a sandbox as the provider."""
    with Sandbox(SandboxOptions(page_size=10)) as sandbox:
        made = Secretive(folder=folder, sandbox=sandbox)
        (folder / "mounted").mkdir()
        made.write(TEST + FED["other token"] + "\n", "mounted/token")
        made.write(FED["NAME_FILE"] + "\n", "mounted/hook")
        made.write(f"FROM_FILE='{FED['env file']}'\n", "secrets.env")
        made.write(file_text(sandbox.base_url))
        _fill(sandbox)
        yield made


_TOKEN = LIVE + FED["token"]
_ACCOUNT = f"{_TOKEN}\0{FED['account id']}"
_USER = f"user:{THERE['user info']}@"
_REMOTES = (
    f"{HOST}/query?token={THERE['old query']}",
    f"{HOST}/ref?ref={FED['other query']}",
    f"https://whole.example.com/hook/{FED['whole path']}?key={THERE['old whole key']}",
    f"{HOST}/gone/{THERE['gone path']}?token={THERE['gone query']}",
    f"{HOST}/doubled?token={THERE['doubled']}",
    f"{HOST}/doubled?token={THERE['duplicate']}",
    f"{HOST}/absent/{THERE['absent']}?key={THERE['absent']}",
    f"{HOST}/protected?token={THERE['old protected']}",
    f"{HOST}/old/orders?token={THERE['old name']}",
    f"{ELSEWHERE}/query?token={THERE['left over']}",
    f"{ELSEWHERE}/in/{FED['path in words']}",
    f"{ELSEWHERE}/services/{THERE['slack team']}/{THERE['slack channel']}/{THERE['slack']}",
    f"{ELSEWHERE}/api/webhooks/{THERE['discord id']}/{THERE['discord']}",
    f"https://{_USER}hooks.example.com/owned",
    f"https://{_USER}elsewhere.example.com/",
    f"{ELSEWHERE}/a?token={THERE['token']}",
    f"{ELSEWHERE}/b?hook_secret={THERE['hook_secret']}",
    f"{ELSEWHERE}/a?workflowApiKey={THERE['workflowApiKey']}",
    f"{ELSEWHERE}/a?ref={THERE['other parameter']}",
    f"{ELSEWHERE}/a?{THERE['name of a parameter']}",
    f"{ELSEWHERE}/a?{THERE['name of a parameter']}=1",
)


def _fill(sandbox: Sandbox) -> None:
    """Webhooks to be updated, deleted, switched on, left alone; each with secrets where people put them."""
    numbers = count()

    def put(url: str, event: str = "track_updated", *, active: bool = True, is_test: bool = False) -> None:
        number = next(numbers)
        sandbox.store.create(
            _ACCOUNT, url=url, event=event, active=active, is_test=is_test,
            object_id=f"hook-{number}", created=START + timedelta(minutes=number),
        )  # fmt: skip

    for url in _REMOTES:
        put(url)
    put(f"{HOST}/in/{FED['path in words']}", "all")
    put(f"{HOST}/spare?token=x", active=False)
    put(f"{HOST}/gone/{THERE['test kind']}", is_test=True)
    url = f"{HOST}/{THERE['other account']}"
    sandbox.store.create(TEST + FED["other token"], url=url, event="all", is_test=True, object_id="hook-other")
