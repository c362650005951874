"""The exchange of tests/clients with paho-mqtt: python3 exchange.py TRANSPORT PORT VERSION CA MESSAGES

Prints a line `TOPIC PAYLOAD` for each message that comes to t/#, and then one for the retained message."""

import queue
import sys

from paho.mqtt import client as paho

TRANSPORT, PORT, VERSION, CA, MESSAGES = sys.argv[1:]
SECONDS = 30


class Client:
    def __init__(self, name, will=False):
        self.came = queue.Queue()
        self.subscribed = queue.Queue()
        self.connected = queue.Queue()
        web_socket = TRANSPORT in ("ws", "wss")
        self.paho = paho.Client(
            paho.CallbackAPIVersion.VERSION2,
            client_id=name,
            protocol=paho.MQTTv5 if VERSION == "5" else paho.MQTTv311,
            transport="websockets" if web_socket else "tcp",
        )
        if TRANSPORT in ("tls", "wss"):
            self.paho.tls_set(ca_certs=CA)
        if will:
            self.paho.will_set("t/will", "gone", qos=1)
        self.paho.on_connect = lambda c, u, flags, reason, properties: self.connected.put(reason)
        self.paho.on_subscribe = lambda c, u, mid, reasons, properties: self.subscribed.put(reasons)
        self.paho.on_message = lambda c, u, message: self.came.put(message)
        self.paho.connect("localhost", int(PORT))
        self.paho.loop_start()
        reason = self.connected.get(timeout=SECONDS)
        assert not reason.is_failure, reason

    def subscribe(self, topic):
        self.paho.subscribe(topic, qos=2)
        reasons = self.subscribed.get(timeout=SECONDS)
        assert not any(reason.is_failure for reason in reasons), reasons

    def publish(self, topic, payload, qos, retain=False):
        self.paho.publish(topic, payload, qos=qos, retain=retain).wait_for_publish(SECONDS)

    def message(self):
        message = self.came.get(timeout=SECONDS)
        print(message.topic, message.payload.decode())
        return message

    def end(self):
        self.paho.disconnect()
        self.paho.loop_stop()


subscriber = Client("sub")
subscriber.subscribe("t/#")
publisher = Client("pub")
for qos in range(3):
    for number in range(int(MESSAGES)):
        publisher.publish(f"t/{qos}", f"{qos}-{number}", qos)
dies = Client("dies", will=True)
# Without DISCONNECT.
dies.paho.loop_stop()
dies.paho.socket().close()
for _ in range(3 * int(MESSAGES) + 1):
    message = subscriber.message()
    expected = 1 if message.topic == "t/will" else int(message.topic[2:])
    assert message.qos == expected, message.qos
publisher.publish("r", "kept", 1, retain=True)
late = Client("late")
late.subscribe("r")
assert late.message().retain
for client in (subscriber, publisher, late):
    client.end()
