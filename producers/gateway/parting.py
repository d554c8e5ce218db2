"""The end of a connection."""

from __future__ import annotations

import asyncio

_WITHIN_S = 2.0
_PIECE = 64 * 1024


async def part(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close a connection so that its last answers arrive; one that does not take them in 2 s is cut.

    A socket that is closed with lines unread resets its connection, and the other side may find that in place of
    the answers; so what still comes is read and let go.
    """
    try:
        async with asyncio.timeout(_WITHIN_S):
            writer.write_eof()
            while await reader.read(_PIECE):
                pass
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError):
        pass
    finally:
        writer.transport.abort()
