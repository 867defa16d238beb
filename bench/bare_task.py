"""The bare Celery task that the outbox is compared with: one POST of JSON over connections that stay open.

`celery -A bench.bare_task worker` runs it; `python -m bench.bare_task COUNT URL` fills its queue.
"""

import json
import sys
from typing import Any

import urllib3
from celery import Celery
from kombu import Queue

QUEUE = "bare"

# Its broker is that of CELERY_BROKER_URL.
app = Celery("bare")
app.conf.update(
    task_queues=[Queue(QUEUE)],
    task_default_queue=QUEUE,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    # So many that no process waits for the broker.
    worker_prefetch_multiplier=64,
    broker_connection_retry_on_startup=True,
)
pool = urllib3.PoolManager(maxsize=1)


@app.task(name="bare.post")
def post(url: str, body: Any) -> None:
    answer = pool.request("POST", url, body=json.dumps(body), headers={"Content-Type": "application/json"}, timeout=10)
    if answer.status != 200:
        raise RuntimeError(f"{url} answers {answer.status}")


def main(count: int, url: str) -> None:
    with app.producer_pool.acquire(block=True) as producer:
        for number in range(count):
            post.apply_async((url, a_body(number)), producer=producer)


def a_body(number: int) -> dict[str, Any]:
    """What a webhook tells of an event."""
    return {
        "id": f"delivery-{number}",
        "type": "customer.custom_event",
        "created_at": "2026-01-01T00:00:00Z",
        "data": {
            "object": {
                "event": "order_placed",
                "customer": {"source_id": f"customer-{number}", "name": f"Customer {number}"},
                "metadata": {"amount": number, "currency": "EUR", "items": [1, 2, 3], "note": "as usual"},
            }
        },
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
