"""How a Java service writes its log: log4j2 properties for one rolling file."""

from __future__ import annotations

from pathlib import Path

_ROLLING = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = {log}
appender.file.filePattern = {log}.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{{yyyy-MM-dd'T'HH:mm:ss.SSS}}{{UTC}}Z %p %c{{1}}: %m%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 5MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 2
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
logger.server.name = {told}
logger.server.level = info
"""


def rolling_log(log: Path, told: str) -> str:
    """Properties for the file `log`, 5 MB and two older ones: warnings of all, more of the logger `told`. UTC."""
    return _ROLLING.format(log=log, told=told)
