"""Live progress in an app of your own: `uvicorn any_asgi_app:app`, then open http://127.0.0.1:8000 in two tabs."""

import time
from concurrent.futures import ProcessPoolExecutor

import anyio
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Mount, Route

from tallylight.live import Live, Progress, Remote

live = Live()


def in_a_thread(job: Progress) -> None:
    with job:
        for _ in range(100):
            time.sleep(0.01)  # the work
            job.advance()


async def in_a_task(job: Progress) -> None:
    with job:
        for _ in range(100):
            await anyio.sleep(0.01)
            job.advance()


def one_of_many(remote: Remote) -> None:
    time.sleep(0.01)
    remote.advance()


def in_a_pool(job: Progress) -> None:
    with job, ProcessPoolExecutor() as pool:
        list(pool.map(one_of_many, [live.remote(job)] * 100))


JOBS = {"thread": in_a_thread, "task": in_a_task, "pool": in_a_pool}


async def start(request: Request) -> JSONResponse:
    job = live.progress(total=100)  # before the answer, so that its stream is there at once
    return JSONResponse({"key": job.key}, background=BackgroundTask(JOBS[request.path_params["where"]], job))


async def page(_request: Request) -> HTMLResponse:
    return HTMLResponse("""<button>thread</button> <button>task</button> <button>pool</button>
    <progress max=100 value=0></progress><script type=module>
    const bar = document.querySelector("progress")
    new EventSource("progress/").onmessage = ({ data }) => { bar.value = JSON.parse(data).progress }
    document.onclick = ({ target }) => fetch("jobs/" + target.textContent, { method: "POST" })</script>""")


routes = [Route("/", page), Route("/jobs/{where}", start, methods=["POST"]), Mount("/progress", live)]
app = Starlette(routes=routes, lifespan=live.running)
