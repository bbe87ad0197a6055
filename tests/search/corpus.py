"""A site's conversations, and queries with the message or title that each must find.

A conversation is a name, its audience (a team, or a person alone), its title and its messages. A message is "name <
parent: text"; without a parent it follows the one above, a name that begins with `r` is a reply, and [x.pdf] is a file.
"""

CONVERSATIONS = {
    "queue": ("Platform", "Queue migration", """
        q1: How do we move the job queue from RabbitMQ to Postgres without losing jobs?
        r1: Write to both for a week, then drain RabbitMQ. Use `SELECT … FOR UPDATE SKIP LOCKED` to take a job.
        q2: What about the dead letters?
        r2: Copy the dead-letter exchange into a table `dead_jobs` and retry with a back-off of 30 s.
        r3 < q2: Drop them after 14 days; nobody reads old dead letters, and the disk thanks you.
        q4 < r3: Who owns the pager in that week?
    """),
    "vacuum": ("Platform", "Vacuum settings", """
        q1: autovacuum runs for 9 hours on the events table, what can I tune?
        r1: Lower `autovacuum_vacuum_scale_factor` to 0.02 and raise `maintenance_work_mem` to 2GB.
        q2: Is 100% CPU during VACUUM FREEZE normal?
        r2: Yes: freezing reads every page. Plan it at night, or spread it with vacuum_cost_delay.
    """),
    "login": ("Platform", "登录页闪烁", """
        q1: 登录页在 Safari 里会闪烁，刷新三次才出现输入框，怎么排查？
        r1: 先看是不是字体加载导致的布局抖动：给输入框固定高度，并把 font-display 设为 optional。
        q2: 固定高度以后好了，但是暗色主题下按钮看不清。
        r2: 按钮文字的对比度只有 2.1:1，把颜色改成 #0b5d4a 就能达到 4.5:1。
    """),
    "dbzh": ("Platform", "数据库迁移方案", """
        q1: 我们要把 MySQL 5.7 的订单库迁到 PostgreSQL，停机时间不能超过十分钟。
        r1: 用逻辑复制做全量加增量同步，切换前校验行数和校验和；自增主键要重设序列。
        q2: 订单表有 3.2 亿行，全量同步要多久？
        r2: 按每秒 8 万行估算大约 67 分钟，建议按月份分区并行导入。 [订单分区脚本.sql]
        q3 < r1: 如果切换失败怎么回滚？
        r3 < q3: 保留反向复制二十四小时，回滚时只需把连接串指回旧库。
    """),
    "onboard": ("Platform", "Onboarding checklist", """
        q1: Draft a checklist for Zoë's first week: laptop, VPN, badge, café card. [Onboarding-2026.pdf]
        r1: Day 1: laptop and badge. Day 2: VPN and password manager. Day 3: pair with a mentor.
        q2: Translate it into German for Jürgen Groß, please.
        r2: Tag 1: Laptop und Ausweis. Tag 2: VPN. Tag 3: mit einem Mentor an der Straße zum Erfolg arbeiten.
    """),
    "regex": ("Platform", "Regex for invoice numbers", r"""
        q1: Match INV-2026-000123 but not inv_2026. What is the pattern?
        r1: `^INV-\d{4}-\d{6}$`; the backslash in \d is the digit class, and % or _ mean nothing here.
        q2: And in SQL LIKE?
        r2: There `_` stands for one character and `%` for many, so escape them: LIKE 'INV\_%' ESCAPE '\'.
    """),
    "menu": ("设计组", "午餐菜单海报", """
        q1: 给周五的午餐会写一张海报文案，主题是川菜，语气活泼一点。
        r1: 麻婆豆腐在冒泡，回锅肉在跳舞——周五十二点，三楼餐厅，辣得刚刚好！
        q2: 再短一些，十五个字以内。
        r2: 周五川菜日，三楼等你来吃辣！
    """),
    "palette": ("设计组", "品牌色与无障碍", """
        q1: 主色 #0B6E4F 放在白底上够不够对比度？
        r1: 对比度是 6.2:1，正文足够；大标题可以用浅一号的绿色。
        q2: 那放在深色背景上呢，ＡＢ测试的两个版本都要。
        r2: 深色背景请用 #4CC38A，版本Ａ和版本Ｂ都通过 AA 级。
    """),
    "trip": ("alice", "Weekend in the mountains", """
        q1: Three days of hiking near Kraków with a dog, trains only.
        r1: Take the train to Zakopane; dogs are allowed on the Gubałówka trail but not in the national park.
        q2: 帮我列一个轻装的行李清单
        r2: 雨衣、头灯、狗粮、水壶、备用袜子，以及一张离线地图。
        q3: ｶﾞｲﾄﾞﾌﾞｯｸはどこで買えますか
    """),
    "secret": ("alice", "Salary talk", """
        q1: How do I ask for a raise of 12 percent without sounding greedy?
        r1: Name three results, then the number, then stop talking.
    """),
    "thesis": ("carol", "Thesis outline", """
        q1: Outline a thesis on queue theory and hospital waiting rooms.
        r1: Chapter 1: M/M/1 and Little's law. Chapter 2: triage as a priority queue.
    """),
    "diary": ("carol", "读书笔记", """
        q1: 帮我总结《百年孤独》的主要人物关系
        r1: 布恩迪亚家族七代人，名字反复出现：奥雷里亚诺内敛，何塞·阿尔卡蒂奥冲动。
    """),
    "ghost": ("Ghosts", "Phantom budget", """
        q1: The phantom budget for the haunted house is 4,200.
        r1: 幽灵预算可以再减三成。
    """),
    "bins": ("bob", "Kubernetes probes", """
        q1: My readiness probe fails with HTTP 503 for 40 seconds after deploy; logs say "connection refused".
        r1: Raise initialDelaySeconds, or better add a startupProbe: the JVM needs half a minute to listen.
        q2: user_id vs userId in the payload, which one does the API want?
        r2: The API wants `user_id`; `userId` is ignored without a word.
    """),
    "emoji": ("Platform", "Release notes 🎉", """
        q1: Write release notes for v2.14.0 with the C++ client and the C# client.
        r1: 🎉 v2.14.0: the C++ client keeps connections alive, the C# client learns async streams.
    """),
}  # fmt: skip

QUERIES = """
    alice | queue migration | queue
    alice | rabbitmq | queue.q1
    alice | RabbitMQ drain | queue.r1
    alice | skip locked | queue.r1
    alice | "skip locked" | queue.r1
    alice | dead letters | queue.q2
    alice | "dead letters" | queue.q2
    alice | dead-letter | queue.r2
    alice | dead_jobs | queue.r2
    alice | disk thanks | queue.r3
    alice | pager week | queue.q4
    alice | dead -exchange | queue.r3
    bob | autovacuum | vacuum.q1
    bob | scale_factor | vacuum.r1
    bob | 0.02 | vacuum.r1
    bob | 2gb | vacuum.r1
    bob | 100% | vacuum.q2
    bob | "VACUUM FREEZE" | vacuum.q2
    bob | freez | vacuum.r2
    bob | vacuum night | vacuum.r2
    bob | "vacuum_cost_delay" | vacuum.r2
    rita | 登录 | login
    rita | 登录页 闪烁 | login.q1
    rita | 闪烁 | login
    rita | safari | login.q1
    rita | 布局抖动 | login.r1
    rita | 暗色主题 | login.q2
    rita | 对比度 按钮 | login.r2
    rita | 4.5:1 | login.r2
    rita | #0b5d4a | login.r2
    rita | font-display | login.r1
    alice | 数据库迁移 | dbzh
    alice | 订单库 | dbzh.q1
    alice | 停机 | dbzh.q1
    alice | 逻辑复制 | dbzh.r1
    alice | 校验和 | dbzh.r1
    alice | 亿 | dbzh.q2
    alice | 分区 并行 | dbzh.r2
    alice | 订单分区脚本 | dbzh.r2
    alice | has:file 导入 | dbzh.r2
    alice | 回滚 | dbzh.q3
    alice | 反向复制 | dbzh.r3
    alice | "连接串指回" | dbzh.r3
    alice | mysql 订单 | dbzh.q1
    alice | ｍｙｓｑｌ | dbzh.q1
    alice | ５．７ | dbzh.q1
    alice | 回滚 -反向 | dbzh.q3
    bob | zoe | onboard.q1
    bob | Zoë | onboard.q1
    bob | cafe card | onboard.q1
    bob | café | onboard.q1
    bob | onboarding-2026 | onboard.q1
    bob | has:file laptop | onboard.q1
    bob | jurgen gross | onboard.q2
    bob | GROSS | onboard.q2
    bob | strasse | onboard.r2
    bob | password manager | onboard.r1
    bob | title:checklist | onboard
    bob | INV-2026-000123 | regex.q1
    bob | inv_2026 | regex.q1
    bob | \\d | regex.r1
    bob | "LIKE 'INV\\_%'" | regex.r2
    bob | escape character | regex.r2
    wang | 川菜 | menu.q1
    wang | 麻婆豆腐 | menu.r1
    wang | 辣 | menu.r1
    wang | 周五 三楼 -跳舞 | menu.r2
    wang | 海报 | menu
    wang | ab测试 | palette.q2
    wang | 版本b | palette.r2
    wang | 对比度 team:设计 | palette.q1
    wang | 模型:parrot 深色背景 | palette.r2
    wang | 无障碍 | palette
    wang | from:wang 主色 | palette.q1
    alice | krakow | trip.q1
    alice | gubalowka | trip.r1
    alice | 行李清单 | trip.q2
    alice | 头灯 | trip.r2
    alice | ガイドブック | trip.q3
    alice | ガイド | trip.q3
    alice | 狗 | trip.r2
    alice | raise 12 percent | secret.q1
    alice | from:alice greedy | secret.q1
    carol | little's law | thesis.r1
    carol | priority queue | thesis.r1
    carol | m/m/1 | thesis.r1
    carol | 百年孤独 | diary.q1
    carol | 何塞·阿尔卡蒂奥 | diary.r1
    carol | 读书笔记 | diary
    bob | "connection refused" | bins.q1
    bob | 503 probe | bins.q1
    bob | startupprobe | bins.r1
    bob | userId -wants | bins.q2
    bob | user_id model:parrot | bins.r2
    rita | c++ | emoji.r1
    rita | c# | emoji.q1
    rita | 🎉 | emoji
    rita | v2.14.0 | emoji.r1
    rita | async stream | emoji.r1
    rita | before:2999-01-01 after:2000-01-01 v2.14 client | emoji.q1
"""

TEAMS = {"Platform": ("alice", "bob", "rita"), "设计组": ("wang",), "Ghosts": ("erin",)}
PEOPLE = ("alice", "bob", "rita", "wang", "carol", "dave", "erin", "root")
"""Carol is in no team, Dave was removed from Platform, Erin's team was deleted, and Root administers the site."""
