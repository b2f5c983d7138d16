"""Times every call of lynguine's client against two servers in turns; prints {call: [first, second]} in milliseconds."""

import json
import statistics
import sys
import time

from lynguine.client import ServerClient

clients = [ServerClient(url) for url in sys.argv[1:3]]


def source(name):
    return {"data_source": {"type": "csv", "filename": name}}


CALLS = {
    "ping": (100, lambda client: client.ping()),
    "health_check": (100, lambda client: client.health_check()),
    "read_data, 10 rows": (100, lambda client: client.read_data(**source("ten.csv"))),
    "read_data, 100,000 x 5": (7, lambda client: client.read_data(**source("large.csv"))),
    "read_data, an interface": (50, lambda client: client.read_data(interface_file="i_people.yml")),
    "get_interface_field": (50, lambda client: client.get_interface_field("i_people.yml", "title")),
    "extract_talk_field": (50, lambda client: client.extract_talk_field("title", "talk.md", ["_lamd.yml"])),
}


def timed(call, *args):
    start = time.perf_counter()
    call(*args)
    return (time.perf_counter() - start) * 1000


def medians(rounds, call, subjects):
    for subject in subjects:
        call(subject)
    times = [[timed(call, subject) for subject in subjects] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times)]


results = {name: medians(rounds, call, clients) for name, (rounds, call) in CALLS.items()}
sessions = [client.create_session("i_full.yml") for client in clients]


def get_and_set(session):
    session.set_column("grade")
    session.set_value("A")
    session.get_value()


results["a session's set_column, set_value, get_value"] = medians(50, get_and_set, sessions)
results["create_session and delete"] = medians(20, lambda client: client.create_session("i_full.yml").delete(), clients)
for session in sessions:
    session.delete()
print(json.dumps(results))
