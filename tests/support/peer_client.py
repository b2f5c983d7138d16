"""Requests over TCP as chosen users, each a line of JSON in and out.

Usage: peer_client.py HOST PORT, with steps on stdin: {"uid", "path", "headers", "body", "from", "keep", "reset"}.
"""
import json, os, socket, struct, sys

host, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
kept = None
for line in sys.stdin:
    step = json.loads(line)
    if kept is None:
        os.seteuid(0)
        os.seteuid(step["uid"])  # a socket belongs to the user that made it
        kept = socket.socket(family)
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if step.get("from"):
            kept.bind((host, step["from"]))
        kept.connect((host, port))
    body = json.dumps(step["body"]).encode() if "body" in step else b""
    method = "POST" if body else "GET"
    shown = f"[{host}]" if ":" in host else host
    head = [f"{method} {step['path']} HTTP/1.1", f"Host: {shown}:{port}", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in step.get("headers", {}).items()]
    kept.sendall("\r\n".join([*head, "Content-Type: application/json", "", ""]).encode() + body)
    answer = kept.makefile("rb")
    status = int(answer.readline().split()[1])
    length, chunked = 0, False
    while (header := answer.readline().strip().lower()) != b"":
        if header.startswith(b"content-length:"):
            length = int(header.split(b":")[1])
        chunked = chunked or header.startswith(b"transfer-encoding: chunked")
    text = b""
    while chunked and (size := int(answer.readline(), 16)):
        text += answer.read(size)
        answer.readline()
    if chunked:
        answer.readline()
    text += answer.read(length)
    print(json.dumps({"status": status, "text": text.decode(), "from": kept.getsockname()[1]}), flush=True)
    if step.get("reset"):
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if not step.get("keep"):
        kept.close()
        answer.close()
        kept = None
