"""Answered questions in two languages, and what people type: with the number of its answer, or with none that fits."""

from textwrap import dedent

ANSWERED = (
    dedent(
        """
    How do I reset the VPN token after changing my phone?
    What is the approval process for purchases over 5,000 euros?
    How long do we keep customer invoices, and where are they archived?
    Which Python version does the billing service need, and how do I upgrade it?
    Why does the nightly backup fail with "disk quota exceeded"?
    How do I request parental leave and who has to sign the form?
    Where can I find the brand colours and the logo for presentations?
    How do we rotate the API keys of the payment gateway?
    怎么重置公司的VPN令牌？我换了手机。
    差旅报销需要哪些发票，多久能到账？
    客户数据要保存多长时间，存放在哪里？
    年假没休完可以转到明年吗？
    如何申请测试环境的数据库权限？
    打印机连不上公司的无线网络怎么办？
    新员工入职第一周需要完成哪些培训？
    生产环境发布之前需要谁审批？
    """
    )
    .strip()
    .splitlines()
)
_CLOSE = {
    "en": """
    reset my vpn token, I have a new phone|0
    I changed phones, how can I reset the token for the VPN|0
    vpn token reset|0
    who approves a purchase of more than 5,000 euros?|1
    approval process for purchases|1
    where do we archive customer invoices|2
    how long are invoices of customers kept?|2
    upgrading the billing service to a newer Python version|3
    nightly backup fails: disk quota exceeded|4
    the backup failed tonight with disk quota exceeded, what should I do|4
    who signs the parental leave form|5
    requesting parental leave|5
    logo and brand colours for a presentation|6
    rotating payment gateway API keys|7
    """,
    "zh": """
    重置VPN令牌|8
    换了手机之后VPN令牌怎么重置|8
    报销差旅费要什么发票|9
    差旅报销多久到账|9
    客户数据保存多长时间|10
    客户的数据我们要保存多久|10
    年假没休完怎么办，能转到明年吗|11
    没休完的年假|11
    申请数据库权限（测试环境）|12
    测试环境数据库权限怎么申请|12
    打印机连不上无线网络|13
    公司打印机连不上网|13
    新员工第一周的培训有哪些|14
    生产环境发布要谁审批|15
    """,
}
_FAR = {
    "en": """
    How do I reset my phone?
    What is a token in a language model?
    Write a polite mail to a customer about a late delivery
    Which Python library is best for plotting?
    How do I write a unit test in Python for a service that sends mail?
    Summarise this meeting in five sentences
    the process
    What does the payment team do on Mondays?
    How do I center a div in CSS?
    Translate this presentation into German
    Why is the sky blue?
    Who is on call tonight?
    backup of my photos at home
    explain API design to a beginner
    How long does it take to learn Spanish?
    """,
    "zh": """
    怎么学好英语？
    帮我写一封邮件给客户，说明延期的原因
    手机没电了怎么办
    什么是数据库索引？
    公司今年的目标是什么
    请帮我写一个Python脚本，读取CSV文件
    明年的市场计划怎么写
    网络安全的基本概念
    如何提高团队的沟通效率
    测试驱动开发是什么
    介绍一下公司的历史
    发布会的流程应该怎么安排
    新年祝福语怎么写
    """,
}
FAR = {language: dedent(lines).strip().splitlines() for language, lines in _FAR.items()}
CLOSE = {
    language: [(line.split("|")[0], int(line.split("|")[1])) for line in dedent(lines).strip().splitlines()]
    for language, lines in _CLOSE.items()
}
