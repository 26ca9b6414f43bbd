"""The threads that run Django, and how the event loop hands a request to one of them."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from careops.server.bridge import Answer

Work = tuple[Callable[[], Answer], asyncio.Future[Answer]]


class RequestThreads:
    """``count`` threads that take work in the order in which it comes. They start with the first work.

    ``ThreadPoolExecutor`` costs two futures and several locks for each request, which a short read notices.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.waiting: SimpleQueue[Work] = SimpleQueue()
        self.started = False

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """What ``work`` returns in a thread. Raises what it raises."""
        if not self.started:
            self.started = True
            for number in range(self.count):
                Thread(target=self._serve, name=f"request-{number}", daemon=True).start()
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting.put((work, done))
        return await done

    def _serve(self) -> None:
        while True:
            work, done = self.waiting.get()
            answer, error = None, None
            try:
                answer = work()
            except BaseException as raised:  # boundary: it is raised where the request waits
                error = raised
            done.get_loop().call_soon_threadsafe(_settle, done, answer, error)
            del work, done, answer, error


def _settle(done: asyncio.Future[Answer], answer: Answer | None, error: BaseException | None) -> None:
    if done.done():
        return
    if answer is not None:
        done.set_result(answer)
    elif error is not None:
        done.set_exception(error)
