import asyncio
import json


async def event_stream(request):
    mine = await sync_to_async(own_sessions)(request.session)
    last = int(request.headers.get("Last-Event-ID", 0))

    async def events():
        nonlocal last
        yield "retry: 2000\n\n"
        while await request.session.aexists(request.session.session_key):
            async for e in Event.objects.filter(session__in=mine, id__gt=last).order_by("id"):
                last = e.id
                yield f"id: {e.id}\ndata: {json.dumps({'name': e.kind})}\n\n"
            await asyncio.sleep(1)

    return StreamingHttpResponse(events(), content_type="text/event-stream")
