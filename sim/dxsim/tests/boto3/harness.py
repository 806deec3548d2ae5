"""Starts dxsim, makes boto3 clients whose answers are judged, and counts cases."""

import contextlib
import json
import pathlib
import re
import subprocess
import threading
import traceback
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import shapes

HERE = pathlib.Path(__file__).resolve().parent
REGION = "us-east-1"
KEY = "AKIANETWORK"
ACCOUNT = "111122223333"


class Simulator:
    """One running dxsim on a port of the system's choice."""

    def __init__(self, binary, worlds, seed):
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--stepped", "--seed", str(seed)]
        for world in worlds:
            command += ["--world", str(world)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = None
        for line in self.process.stdout:
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                self.url = found.group(0)
                break
        if self.url is None:
            raise SystemExit(f"dxsim ended with {self.process.wait()} before it listened")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)

    def pass_time(self, duration):
        """Lets world time pass, for example `90s` or `5m`."""
        self.control("POST", "clock", {"advance": duration})

    def act(self, action, **members):
        """Does what no AWS call does."""
        self.control("POST", "actions", {"action": action, **members})

    def control(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/_sim/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Judge:
    """Counts cases; remembers which operations answered a success that fits the model."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.walked = {}
        self.differences = []

    @contextlib.contextmanager
    def case(self, name):
        self.differences = []
        try:
            yield
            if self.differences:
                raise AssertionError("; ".join(self.differences))
        except Exception as error:  # every failure is counted, none ends the run
            self.failed += 1
            where = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(HERE))]
            place = f"{pathlib.Path(where[-1].filename).name}:{where[-1].lineno}" if where else "?"
            print(f"FAILED {name}: {place}: {type(error).__name__}: {error}")
        else:
            self.passed += 1
            print(f"ok     {name}")

    def watch(self, client, service):
        walked = self.walked.setdefault(service, set())

        def before_parse(operation_model, response_dict, **_):
            headers = {k.lower(): v for k, v in response_dict["headers"].items()}
            if "date" not in headers:
                self.differences.append(f"{operation_model.name}: no Date header")
            request_id = "x-amzn-requestid"
            if request_id not in headers:
                self.differences.append(f"{operation_model.name}: no {request_id} header")
            if response_dict["status_code"] >= 300:
                return
            found = shapes.judge(operation_model, response_dict["body"], headers.get("content-type", ""))
            self.differences += [f"{operation_model.name} {entry}" for entry in found]
            walked.add(operation_model.name)

        client.meta.events.register("before-parse", before_parse)
        return client


def client(simulator, judge, service, key=KEY, secret="secret", token=None, region=REGION):
    """A boto3 client that neither retries nor looks for credentials elsewhere."""
    made = boto3.client(
        service,
        region_name=region,
        endpoint_url=simulator.url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
    )
    return judge.watch(made, service)


@contextlib.contextmanager
def refused(code, *fragments):
    """The call within must fail with that code and a text that holds the fragments."""
    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, f"expected {code}, found {found}"
        for fragment in fragments:
            assert fragment in found["Message"], f"expected {fragment!r} in {found['Message']!r}"
        assert error.response["ResponseMetadata"].get("RequestId"), "no request id"
    else:
        raise AssertionError(f"expected {code}, the call succeeded")
