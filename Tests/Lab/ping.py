"""Sends COUNT numbered datagrams to the echo port (7, UDP) of HOST and says how they fared: one JSON line with the median of the milliseconds there and
back, and how many in a hundred did not come back.

usage: ping.py HOST COUNT
"""

import json
import select
import socket
import statistics
import sys
import time


def main():
    host, count = sys.argv[1], int(sys.argv[2])
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.connect((host, 7))
    sent, took = {}, []

    def receive(until):
        while len(took) < count and (left := until - time.monotonic()) > 0:
            if select.select([link], [], [], left)[0]:
                try:
                    took.append(time.monotonic() - sent[int(link.recv(100))])
                except ConnectionRefusedError:
                    pass

    for number in range(count):
        sent[number] = time.monotonic()
        try:
            link.send(b"%d" % number)
        except ConnectionRefusedError:
            pass
        receive(sent[number] + 0.005)
    receive(time.monotonic() + 2)
    print(json.dumps({"milliseconds": 1000 * statistics.median(took) if took else None, "lost": 100 * (count - len(took)) / count}))


if __name__ == "__main__":
    main()
