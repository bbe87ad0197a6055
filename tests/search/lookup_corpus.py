"""Files of a team, and questions with words that stand in the passage that each must find.

A file is Markdown. A question is "file | words of the right passage | question"; half of both is Chinese.
"""

FILES = {
    "travel-policy.md": """
        # Travel policy
        ## Flights
        Book flights through the portal at least fourteen days ahead. Economy class is the rule; above six
        hours of flight
        premium economy is allowed.
        ## Hotels
        A room may cost up to 140 euros a night, in London, Zurich and New York up to 210 euros. Breakfast is included.
        ## Meals
        The daily allowance for meals is 42 euros. Invited meals are taken off: 20 percent for breakfast, 40 for dinner.
        ## Receipts
        Hand in receipts within thirty days after the journey, as photographs in the expense tool. Later ones
        are not paid.
    """,
    "incident-runbook.md": """
        # Incident runbook
        ## Severity
        Severity one: customers cannot pay or sign in. Severity two: a feature is degraded. Everything else is three.
        ## Paging
        The on-call engineer acknowledges a page within ten minutes, else the secondary is called, then the manager.
        ## Communication
        The status page is updated every thirty minutes by the incident commander, never by engineers who debug.
        ## Postmortem
        A blameless postmortem is written within five working days and read aloud in the Thursday review.
    """,
    "database-guide.md": """
        # PostgreSQL guide
        ## Backups
        Base backups run at 02:00 UTC with pgBackRest, and WAL is archived to the bucket in Frankfurt. They
        are kept for 35 days.
        ## Restoring
        Restore to a point in time with `pgbackrest --type=time restore`, then check the row counts before
        traffic returns.
        ## Connection pools
        PgBouncer runs in transaction mode; prepared statements need version 1.21. Each service has 20 server
        connections.
        ## Indexes
        Create indexes CONCURRENTLY. An invalid index of a failed build is dropped by hand before another try.
    """,
    "security-handbook.md": """
        # Security handbook
        ## Passwords
        Use the password manager. A passphrase has at least sixteen characters; nobody has to change it at intervals.
        ## Laptops
        Disks are encrypted. A lost or stolen laptop is reported to the security desk within one hour, so that
        it is wiped.
        ## Phishing
        Forward suspicious mail with the report button; do not answer it. Simulated attacks come four times a year.
        ## Visitors
        Guests sign in at the reception, wear a yellow badge and are accompanied everywhere but in the lobby.
    """,
    "onboarding.md": """
        # First weeks
        ## Day one
        You get your laptop, badge and bank form from Priya in people operations on the second floor.
        ## Buddy
        Each newcomer has a buddy from another team for eight weeks, with lunch on the company once a week.
        ## Probation
        The probation period lasts six months; the feedback talks are after six weeks and after five months.
        ## Training
        The courses on privacy and fire safety must be finished in the first thirty days.
    """,
    "api-reference.md": """
        # Orders API
        ## Authentication
        Send the token in the header `X-Order-Token`. Tokens live for 12 hours and are renewed at `/v2/token/refresh`.
        ## Rate limits
        A client may make 600 requests a minute. Beyond it the answer is 429 with `Retry-After` in seconds.
        ## Pagination
        Lists have a `cursor`; without one the first page comes. A page holds 50 items, at most 200 with `limit`.
        ## Webhooks
        A webhook is signed with HMAC-SHA256 in `X-Signature`. Failed deliveries are repeated eight times over 24 hours.
    """,
    "coffee-machine.md": """
        # Coffee machine on floor three
        ## Daily care
        Rinse the milk system every evening with the blue tablets; a red drop on the display asks for it.
        ## Descaling
        Descale when the display shows CAL, about every two months: 0.5 litres of the acid, then two rinses of
        clear water.
        ## Errors
        E17 means that the grinder is blocked: take the beans out and vacuum it. E22 is a pump without water.
        ## Supplier
        Beans come from Roastery Nord, 12 kilos each second Monday; Tom orders them.
    """,
    "lease-contract.md": """
        # Lease of the office
        ## Term
        The lease begins on 1 March 2023 and ends on 28 February 2031. It may be extended twice by three years each.
        ## Rent
        The monthly rent is 18,400 euros net, indexed each January by the consumer price index, from two
        percent change on.
        ## Deposit
        A bank guarantee of three monthly rents secures the landlord's claims.
        ## Subletting
        Up to thirty percent of the area may be sublet with written notice; more needs the landlord's consent.
    """,
    "brand-guide.md": """
        # Brand guide
        ## Logo
        The clear space around the logo is the height of its letter O. It is never smaller than 24 pixels.
        ## Colours
        Harbour green #0B6E4F is the main colour; amber #F2A65A is for accents, not for text on white.
        ## Typeface
        Headlines are set in Sora SemiBold, text in Source Serif. In mails Georgia stands in.
        ## Voice
        We address readers directly, write short sentences, and never promise what engineering has not shipped.
    """,
    "release-process.md": """
        # Releases
        ## Freeze
        The branch is frozen on Wednesday at noon; only fixes with two approvals enter afterwards.
        ## Canary
        The canary serves five percent of users for four hours. It is rolled back when the error rate doubles.
        ## Versioning
        Versions are year, month and number, such as 2026.11.3. Breaking changes of the API raise its own major version.
        ## Notes
        Release notes are written by the product manager in plain words and translated into German and Japanese.
    """,
    "benefits.md": """
        # Benefits
        ## Leave
        There are 28 days of paid vacation, and one more after each two years, up to 33. Up to five are
        carried into March.
        ## Parental time
        The second parent has six weeks of fully paid leave within the first year.
        ## Bicycle
        A bicycle is leased through salary conversion up to a price of 4,500 euros for 36 months.
        ## Pension
        The company adds 25 percent to what you convert into the pension scheme, up to 120 euros a month.
    """,
    "support-faq.md": """
        # Support answers
        ## Refunds
        A refund goes to the card with which was paid and arrives within seven banking days.
        ## Cancelling
        A subscription can be cancelled up to the day before its renewal, in the account under Billing.
        ## Invoices
        Invoices with a VAT number are made on request within the month; older ones need approval of accounting.
        ## Deleting an account
        An account is deleted after a cooling-off time of fourteen days; exports of its data stay available until then.
    """,
    "lab-safety.md": """
        # Laboratory safety
        ## Acids
        Always pour acid into water. Nitric acid is kept in the ventilated cabinet, away from solvents.
        ## Goggles
        Wear goggles beyond the yellow line; spectacles do not replace them.
        ## Spills
        Cover spills of mercury with sulphur powder and call the safety officer, extension 4477.
        ## Waste
        Halogenated solvents go into the red canister, others into the green one. Canisters are collected on Fridays.
    """,
    "machine-learning-notes.md": """
        # Notes on training
        ## Learning rate
        We warm up for 2,000 steps to 3e-4, then follow a cosine down to a tenth.
        ## Data
        Near duplicates are removed with MinHash at a threshold of 0.8; 11 percent of the crawl was dropped.
        ## Evaluation
        The held-out set has 5,000 questions; a model passes with a win rate over 55 percent against the last one.
        ## Hardware
        A run takes nine days on 64 accelerators; checkpoints are written each 500 steps.
    """,
    "garden-club.md": """
        # Garden club
        ## Tomatoes
        Sow tomatoes at the end of February on the window sill; they go out after the Ice Saints in the middle of May.
        ## Compost
        Turn the compost in April. No citrus, no cooked food, and cardboard only in pieces.
        ## Watering
        Water early in the morning at the roots; the barrel belongs to everybody, the hose hangs in the shed.
        ## Fee
        Members pay 35 euros a year, families 50, due in January.
    """,
    "考勤制度.md": """
        # 考勤与休假制度
        ## 工作时间
        公司实行弹性工作制，核心时段为上午十点至下午四点，每天工作满八小时。
        ## 年假
        入职满一年可享年假十天，满五年为十五天；未休年假最多可顺延至次年三月底。
        ## 病假
        病假需在当天上午十点前告知直属上级，连续三天以上须提交医院证明。
        ## 加班
        加班须提前在系统提交申请，经部门负责人批准；优先安排调休，调休三个月内有效。
    """,
    "报销指南.md": """
        # 费用报销指南
        ## 发票要求
        发票抬头必须是公司全称并填写税号，电子发票需上传原始文件，截图无效。
        ## 时限
        费用发生后六十天内提交报销单，跨年度的发票最迟在一月十五日前提交。
        ## 审批
        单笔五千元以下由部门经理审批，五千元以上需财务总监复核。
        ## 付款
        审批通过的报销款每周四统一打款到工资卡。
    """,
    "服务器运维手册.md": """
        # 服务器运维手册
        ## 巡检
        每天早上九点检查磁盘使用率，超过百分之八十五要清理日志或扩容。
        ## 重启流程
        重启前先把节点从负载均衡摘除，等待连接数降到十以下再操作。
        ## 备份
        数据库每天凌晨两点全量备份，保留三十天，每季度演练一次恢复。
        ## 告警
        告警分为三级，一级告警五分钟内电话通知值班工程师。
    """,
    "采购合同.md": """
        # 设备采购合同
        第一条 标的
        甲方向乙方采购服务器四十台，型号见附件一。
        ## 交货
        乙方应在合同签订后四十五日内将设备运至甲方苏州仓库。
        ## 质保
        质保期为验收合格之日起三十六个月，故障响应时间不超过四小时。
        ## 违约责任
        逾期交货的，每逾期一日按合同总价的千分之三支付违约金，累计不超过百分之十。
    """,
    "新人入职.md": """
        # 新员工入职须知
        ## 报到材料
        请携带身份证原件、学历证书复印件和离职证明，到三楼人力资源部办理。
        ## 试用期
        试用期为三个月，期间每月与导师面谈一次，转正需要通过述职。
        ## 电脑与账号
        电脑当天领取，邮箱和门禁账号由信息部在半天内开通。
        ## 食堂
        食堂在负一层，午餐补贴每天二十五元，饭卡在前台充值。
    """,
    "产品路线图.md": """
        # 产品路线图
        ## 第一季度
        上线离线模式与全文搜索，重点优化安卓端启动速度。
        ## 第二季度
        推出企业版单点登录，支持飞书与钉钉组织架构同步。
        ## 第三季度
        开放插件市场，首批合作伙伴二十家，抽成比例百分之十五。
        ## 风险
        最大风险是支付牌照审批，若延迟则海外版先行。
    """,
    "会议室规定.md": """
        # 会议室使用规定
        ## 预订
        会议室最多提前两周预订，单次不超过三小时，超时未到十五分钟自动释放。
        ## 设备
        投影仪转接头放在前台抽屉，视频会议请使用长江厅的全向麦克风。
        ## 清洁
        会后请擦净白板、带走杯子，并把空调关掉。
        ## 外部访客
        访客使用黄河厅须由接待人提前一天报备。
    """,
    "客服话术.md": """
        # 客服话术
        ## 退款
        退款在审核通过后原路退回，银行卡三到七个工作日到账，余额即时到账。
        ## 物流
        偏远地区配送延迟两到三天，丢件由我方先行赔付。
        ## 投诉
        客户投诉须在两小时内首次回复，二十四小时内给出方案，升级投诉转主管。
        ## 开票
        电子发票在确认收货后可自助开具，开错可在当月作废重开一次。
    """,
    "信息安全.md": """
        # 信息安全规范
        ## 密码
        密码至少十二位，包含字母和数字，禁止在多个系统重复使用。
        ## 移动存储
        禁止使用私人优盘拷贝公司资料，确有需要向安全组申请加密优盘。
        ## 泄露处置
        发现数据泄露应立即断网并在三十分钟内拨打安全热线六六一九。
        ## 远程办公
        远程办公必须通过公司的虚拟专用网，并开启双因素认证。
    """,
    "实验记录.md": """
        # 催化剂实验记录
        ## 样品
        样品甲含铂百分之零点五，载体为氧化铝，焙烧温度五百五十度。
        ## 结果
        在三百二十度下转化率达到百分之九十一，比上一批提高六个百分点。
        ## 失活
        连续运行两百小时后活性下降百分之八，原因是积碳。
        ## 再生
        通入空气在四百八十度烧炭四小时即可恢复活性。
    """,
    "小区公约.md": """
        # 小区业主公约
        ## 宠物
        遛狗必须牵绳，大型犬不得乘坐一号电梯，粪便由主人清理。
        ## 装修
        装修时间为工作日上午八点半至下午六点，周末和节假日禁止施工。
        ## 停车
        地下车位月租四百元，访客车辆前两小时免费。
        ## 物业费
        物业费每平方米二点八元，按季度缴纳，逾期加收滞纳金。
    """,
    "旅游攻略.md": """
        # 云南旅游攻略
        ## 昆明
        昆明的翠湖冬天有红嘴鸥，最佳观赏时间是十一月到次年三月。
        ## 大理
        环洱海骑行一百二十公里，建议分两天，在双廊住一晚。
        ## 丽江
        玉龙雪山大索道门票要提前七天在网上预约，山上注意高原反应。
        ## 美食
        过桥米线先放肉片再放蔬菜，最后放米线；鲜花饼三月最新鲜。
    """,
    "财务制度.md": """
        # 财务管理制度
        ## 预算
        各部门十月底前提交下一年度预算，十二月中旬由管理层审定。
        ## 固定资产
        单价五千元以上且使用超过一年的设备列为固定资产，电脑按三年折旧。
        ## 借款
        员工出差可预借差旅费，返回后十个工作日内结清，逾期从工资扣除。
        ## 印章
        合同章由法务部保管，用印须填写登记表并附合同终稿。
    """,
    "机器学习笔记.md": """
        # 模型训练笔记
        ## 学习率
        预热两千步后采用余弦退火，最低降到峰值的十分之一。
        ## 过拟合
        验证集损失连续三次不下降就提前停止，丢弃率设为零点一。
        ## 数据清洗
        先去掉重复文档，再过滤困惑度过高的网页，共删去百分之十二。
        ## 部署
        量化到八比特后显存占用减半，首字延迟约两百毫秒。
    """,
    "急救手册.md": """
        # 急救手册
        ## 心肺复苏
        按压深度五到六厘米，频率每分钟一百到一百二十次，按压三十次后人工呼吸两次。
        ## 烫伤
        立即用流动的冷水冲洗二十分钟，不要涂牙膏或酱油。
        ## 气道梗阻
        成人噎住时采用海姆立克法，从背后环抱向上冲击腹部。
        ## 除颤器
        自动除颤器放在一楼大厅保安台旁，打开后按语音提示操作。
    """,
}

QUESTIONS = """
    travel-policy.md | up to 140 euros | What may a hotel room cost per night on a business trip?
    travel-policy.md | within thirty days | Until when do I have to hand in my receipts after travelling?
    incident-runbook.md | within ten minutes | How quickly must the on-call engineer react when paged?
    incident-runbook.md | five working days | When is the postmortem due?
    database-guide.md | kept for 35 days | How long do we keep database backups?
    database-guide.md | dropped by hand | What do I do with an invalid index after a failed concurrent build?
    security-handbook.md | within one hour | My laptop was stolen on the train, whom do I tell and how soon?
    security-handbook.md | yellow badge | Do visitors need a badge?
    onboarding.md | buddy from another team | For how many weeks does a newcomer have a buddy?
    onboarding.md | lasts six months | how long is probation
    api-reference.md | 600 requests | Which rate limit applies to clients of the orders API, and what happens beyond it?
    api-reference.md | HMAC-SHA256 | How can I verify that a webhook really came from you?
    coffee-machine.md | grinder is blocked | The coffee machine shows E17. What now?
    coffee-machine.md | every two months | How often should the machine be descaled?
    lease-contract.md | 28 February 2031 | When does our office lease end and can we extend it?
    lease-contract.md | thirty percent of the area | May we sublet a part of the office?
    brand-guide.md | #F2A65A | Which accent colour do we use besides green?
    brand-guide.md | Sora SemiBold | What typeface are headlines set in?
    release-process.md | five percent of users | What share of users gets the canary release, and for how long?
    release-process.md | Wednesday at noon | When is the branch frozen?
    benefits.md | 28 days of paid vacation | How many vacation days do I have per year?
    benefits.md | 4,500 euros | I want to lease a bicycle, how expensive may it be?
    support-faq.md | seven banking days | A customer asks when the refund will arrive on her card
    support-faq.md | day before its renewal | Until which day can subscriptions be cancelled?
    lab-safety.md | sulphur powder | Somebody broke a thermometer and mercury spilled, what should we do?
    lab-safety.md | red canister | Where do halogenated solvents go?
    machine-learning-notes.md | MinHash | How did we remove near-duplicate documents from the crawl?
    machine-learning-notes.md | nine days | How long does a training run take on our accelerators?
    garden-club.md | end of February | When should I sow tomatoes?
    garden-club.md | 35 euros a year | What does membership in the garden club cost families?
    考勤制度.md | 年假十天 | 我入职两年了，年假有几天？
    考勤制度.md | 调休三个月内有效 | 加班怎么申请，调休多久过期？
    报销指南.md | 六十天内 | 报销单最晚什么时候要提交？
    报销指南.md | 财务总监 | 八千块的费用要谁审批？
    服务器运维手册.md | 百分之八十五 | 磁盘使用率到多少需要扩容？
    服务器运维手册.md | 负载均衡摘除 | 重启服务器节点之前要做什么？
    采购合同.md | 千分之三 | 供应商逾期交货，违约金怎么算？
    采购合同.md | 三十六个月 | 这批服务器的质保期多长？
    新人入职.md | 离职证明 | 第一天报到要带哪些材料？
    新人入职.md | 二十五元 | 食堂午餐有补贴吗
    产品路线图.md | 飞书与钉钉 | 单点登录什么时候上线？
    产品路线图.md | 支付牌照 | 目前路线图里最大的风险是什么
    会议室规定.md | 提前两周 | 会议室可以提前多久预订？
    会议室规定.md | 前台抽屉 | 投影仪的转接头在哪里拿？
    客服话术.md | 三到七个工作日 | 客户问退款几天到银行卡
    客服话术.md | 两小时内首次回复 | 收到投诉后必须多快回复客户？
    信息安全.md | 加密优盘 | 我能用自己的优盘拷贝资料吗？
    信息安全.md | 安全热线 | 如果发现数据泄露，第一步该怎么处置，打哪个电话？
    实验记录.md | 百分之九十一 | 催化剂在三百二十度下的转化率是多少？
    实验记录.md | 烧炭四小时 | 失活的催化剂如何再生？
    小区公约.md | 上午八点半 | 周末可以装修施工吗？
    小区公约.md | 月租四百元 | 地下停车位一个月多少钱？
    旅游攻略.md | 双廊 | 洱海骑行要几天，住哪里合适？
    旅游攻略.md | 提前七天 | 玉龙雪山索道票怎么预约？
    财务制度.md | 三年折旧 | 新买的电脑按几年折旧？
    财务制度.md | 法务部保管 | 盖合同章要找谁？
    机器学习笔记.md | 余弦退火 | 训练时学习率怎么设置的？
    机器学习笔记.md | 显存占用减半 | 模型量化以后显存能省多少？
    急救手册.md | 冷水冲洗 | 被开水烫伤了先怎么办？
    急救手册.md | 一楼大厅 | 公司的自动除颤器放在哪？
"""
