"""The process that is AWS on this machine: MiniStack, our SageMaker, Firehose's buffers; one port of 127.0.0.1."""

import argparse
import asyncio
import json
import logging
import os
import signal
from pathlib import Path
from typing import Any

from local.firehose import Buffers
from local.home import Home, write_json

FLUSH_SECONDS = 0.25
SAVE_SECONDS = 5.0  # what a killed process can lose
SAVE_SHARE = 0.05  # of the time, at most, goes into saving

logger = logging.getLogger("local.server")


def environment(port: int, state: Path) -> dict[str, str]:
    """MiniStack's settings. It reads them when it is imported, and its Lambda workers inherit them."""
    return {
        **{name: value for name, value in os.environ.items() if name.startswith("LOCAL_")},  # our SageMaker's settings
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", str(state)),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(state / "tmp"),
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{state}/no-docker.sock",  # MiniStack would sweep the machine's containers
        "MINISTACK_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


async def run(port: int, home: Home, python: Path) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from local.ministack import delivery, gateway, items, logs, neighbours, permissions, process, streams
    from local.sagemaker.service import SageMaker

    endpoint_url = f"http://127.0.0.1:{port}"
    process.count_loopback_as_tls()
    streams.install()
    items.install()
    logs.install()
    permissions.install()
    gateway.install()
    firehose = delivery.DeliveryStreams(endpoint_url)
    firehose.buffers.load(json.loads(home.pending.read_text()) if home.pending.exists() else [])
    around = neighbours.Neighbours(endpoint_url)
    sagemaker = SageMaker(around, home.root / "sagemaker", python, neighbours.REGION, neighbours.ACCOUNT)
    neighbours.mount("sagemaker", neighbours.SAGEMAKER_ROUTES, sagemaker.handle)

    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 3
    config.accesslog = None
    config.errorlog = "-"

    asked_to_stop, close_port = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_stop.set)

    serving = asyncio.create_task(serve(process.asgi_app, config, shutdown_trigger=close_port.wait))
    await listening(port, serving)
    await sagemaker.start()
    write_json(home.ready, {"pid": os.getpid(), "port": port})
    logger.info("ready on %s", endpoint_url)

    chores = [
        asyncio.create_task(flush_forever(firehose.buffers)),
        asyncio.create_task(save_forever(firehose.buffers, home)),
    ]
    stopping = asyncio.create_task(asked_to_stop.wait())
    await asyncio.wait([serving, stopping, *chores], return_when=asyncio.FIRST_COMPLETED)

    logger.info("stopping")
    for chore in chores:
        chore.cancel()
    await asyncio.gather(*chores, return_exceptions=True)
    await sagemaker.stop()
    await asyncio.to_thread(firehose.buffers.flush, everything=True)
    close_port.set()
    await serving  # MiniStack saves its state as its last act
    write_json(home.pending, firehose.buffers.dump())
    process.stop_functions()
    home.ready.unlink(missing_ok=True)
    logger.info("stopped")


async def listening(port: int, serving: "asyncio.Task[Any]") -> None:
    while not serving.done():
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    await serving


async def flush_forever(buffers: Buffers) -> None:
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        await asyncio.to_thread(buffers.flush)


async def save_forever(buffers: Buffers, home: Home) -> None:
    from local.ministack import process

    loop, pause = asyncio.get_running_loop(), SAVE_SECONDS
    while True:
        await asyncio.sleep(pause)
        started = loop.time()
        await asyncio.to_thread(process.save_state)
        write_json(home.pending, buffers.dump())
        pause = max(SAVE_SECONDS, (loop.time() - started) / SAVE_SHARE)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True, help="interpreter that trains and serves")
    options = parser.parse_args()
    state = options.state_dir.resolve()
    (state / "tmp").mkdir(parents=True, exist_ok=True)
    settings = environment(options.port, state)
    os.environ.clear()  # nothing of the caller's shell reaches a Lambda worker
    os.environ.update(settings)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("persistence", "lambda"):  # every save; every line that a function logs, which CloudWatch Logs has
        logging.getLogger(chatty).setLevel(logging.WARNING)
    asyncio.run(run(options.port, Home(state), options.python))
    logging.shutdown()
    os._exit(0)  # threads that still wait for a function or a queue are not worth waiting for


if __name__ == "__main__":
    main()
