"""What people do with lynguine's own client, unmodified, against the server at HEARTH_URL, whose folder we are in."""

import json
import os
import time
import unittest

import pandas as pd
import requests
from lynguine.client import ServerClient

URL = os.environ["HEARTH_URL"]


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.client = ServerClient(URL, retry_delay=0.1)
        self.addCleanup(self.client.close)


class Basics(ClientTest):
    def test_ping_and_health(self):
        self.assertTrue(self.client.ping())
        health = self.client.health_check()
        self.assertEqual((health["status"], health["server"]), ("ok", "lynguine-server-poc"))

    def test_mistakes_are_told_at_once(self):
        start = time.monotonic()
        with self.assertRaises(requests.HTTPError) as caught:
            self.client.read_data(data_source={"type": "csv", "filename": "nowhere.csv"})
        self.assertEqual(caught.exception.response.status_code, 404)
        self.assertIn("nowhere.csv", caught.exception.response.json()["error_message"])
        # A status of 500 would be asked again after 0.1, 0.2 and 0.4 seconds.
        self.assertLess(time.monotonic() - start, 0.5)


class Reading(ClientTest):
    def check(self, source, expected):
        pd.testing.assert_frame_equal(self.client.read_data(data_source=source), expected)

    def test_csv_as_pandas_reads_it(self):
        frame = self.client.read_data(data_source={"type": "csv", "filename": "people.csv"})
        expected = pd.read_csv("people.csv")
        pd.testing.assert_frame_equal(frame[["name", "age", "score", "active"]], expected[["name", "age", "score", "active"]])
        self.assertTrue(frame["note"].isna().equals(expected["note"].isna()))

    def test_numbers_keep_their_types(self):
        for name in ["bigint.csv", "ints_floats.csv", "bools.csv", "leading_zero.csv"]:
            with self.subTest(name):
                self.check({"type": "csv", "filename": name}, pd.read_csv(name))

    def test_a_hundred_thousand_rows(self):
        frame = pd.DataFrame({"i": range(100_000), "x": [i / 3 for i in range(100_000)], "t": [f"row {i}" for i in range(100_000)]})
        frame.to_csv("large.csv", index=False)
        self.addCleanup(os.remove, "large.csv")
        self.check({"type": "csv", "filename": "large.csv"}, pd.read_csv("large.csv"))

    def test_other_sources(self):
        with open("records.json") as file:
            self.check({"type": "json", "filename": "records.json"}, pd.DataFrame(json.load(file)))
        self.check({"type": "excel", "filename": "book.xlsx", "sheet": "Sheet1"}, pd.read_excel("book.xlsx"))
        self.check({"type": "yaml", "filename": "plain_records.yml"}, pd.DataFrame({"k": ["a", "b"], "v": [1, 2]}))
        frame = self.client.read_data(data_source={"type": "markdown", "filename": "simple.md"})
        self.assertEqual(frame.to_dict("records"), [{"title": "Simple", "n": 2, "content": "Hello"}])
        frame = self.client.read_data(data_source={"type": "fake", "nrows": 3, "cols": ["givenName", "email"]})
        self.assertEqual(frame.shape, (3, 2))

    def test_interface(self):
        frame = self.client.read_data(interface_file="i_people.yml", directory=".")
        self.assertEqual(list(frame["name"])[:2], ["Ada", "Béla"])
        frame = self.client.read_data(interface_file="i_field.yml", directory=".", interface_field="wrapped")
        self.assertEqual(frame.to_dict("records"), [{"key": "z", "n": 9}])


class Writing(ClientTest):
    def post(self, path, body):
        return requests.post(URL + path, json=body, timeout=30)

    def test_what_is_written_is_read_back(self):
        frame = pd.DataFrame({"name": ["Ann", "Bo"], "age": [30, 41], "ratio": [0.5, 2.0]})
        for kind, name in [("csv", "w.csv"), ("json", "w.json"), ("yaml", "w.yml"), ("excel", "w.xlsx")]:
            with self.subTest(kind):
                output = {"type": kind, "filename": name}
                if kind == "excel":
                    output["sheet"] = "Sheet1"
                answer = self.post("/api/write_data", {"data": {"records": frame.to_dict("records")}, "output": output})
                self.assertEqual((answer.status_code, answer.json()["message"]), (200, "Wrote 2 records"))
                self.addCleanup(os.remove, name)
                pd.testing.assert_frame_equal(self.client.read_data(data_source=output), frame)

    def test_compute_is_real(self):
        body = {
            "operation": "render_liquid",
            "data": {"records": [{"n": "Ann", "out": None}, {"n": "Bo", "out": None}]},
            "params": {"field": "out", "args": {"template": "Hello {{ who | upcase }}"}, "row_args": {"who": "n"}},
        }
        answer = self.post("/api/compute", body).json()
        self.assertEqual([row["out"] for row in answer["result"]["records"]], ["Hello ANN", "Hello BO"])
        self.assertIn("completed", answer["message"])
        self.assertEqual(self.post("/api/compute", {"operation": "nobody_knows"}).status_code, 404)


class Sessions(ClientTest):
    def test_a_frame_with_a_focus(self):
        with self.client.create_session("i_full.yml", directory=".", timeout=60) as session:
            self.assertEqual(session.get_shape(), (2, 7))
            self.assertEqual(session.get_indices(), ["a", "b"])
            self.assertEqual((session.get_index(), session.get_column_type("city")), ("a", "input"))
            session.set_column("grade")
            session.set_value("A+")
            session.set_index("b")
            session.set_value(None)
            self.assertEqual(session.get_value_at("a", "grade"), "A+")
            self.assertIsNone(session.get_value())
            self.assertEqual(session.get_value_at("b", "label"), "base")
            self.assertEqual(session.get_column(), "grade")
            with self.assertRaises(requests.HTTPError) as caught:
                session.set_column("city")
                session.set_value("x")
            self.assertEqual(caught.exception.response.status_code, 404)
            self.assertIn(session.session_id, [found["session_id"] for found in self.client.list_sessions()["sessions"]])
            other = self.client.get_session(session.session_id)
            self.assertEqual(other.get_value_at("a", "grade"), "A+")
        with self.assertRaises(requests.HTTPError):
            session.get_value()

    def test_series(self):
        session = self.client.create_session("i_series.yml", directory=".")
        self.addCleanup(session.delete)
        self.assertEqual(session.get_series_columns(), ["visit", "mark"])
        session.set_index("a")
        session.set_selector("visit")
        session.set_subindex("2024-02")
        session.set_column("mark")
        self.assertEqual(session.get_value(), 6)
        self.assertEqual(session.get_subseries().shape[0], 2)

    def test_many_at_once_do_not_meet(self):
        sessions = [self.client.create_session("i_full.yml", directory=".") for _ in range(5)]
        for i, session in enumerate(sessions):
            self.addCleanup(session.delete)
            session.set_column("remark")
            session.set_value(f"mine {i}")
        self.assertEqual([session.get_value() for session in sessions], [f"mine {i}" for i in range(5)])


class Fields(ClientTest):
    def test_interface_fields(self):
        self.assertEqual(self.client.get_interface_field("i_people.yml", "count"), 3)
        self.assertEqual(self.client.get_interface_field("i_people.yml", "released"), "2024-02-03")
        self.assertIsNone(self.client.get_interface_field("i_people.yml", "absent"))
        self.assertIsNone(self.client.get_interface_field("absent.yml", "title"))

    def test_talk_fields(self):
        def field(name):
            return self.client.extract_talk_field(name, "talk.md", config_files=["absent.yml", "_lamd.yml"])

        self.assertEqual(field("date"), "2024-07-08")
        self.assertEqual(field("categories"), "['alpha', 'b'c']")
        self.assertEqual(field("year"), 2030)
        self.assertEqual(field("absent"), "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
