// swift-format-ignore-file
// Made by Tests/Interop/make_psrp_fixtures.py; not to be changed by hand.

/// Values as psrpcore 0.3.1 serialises them.
enum SerializedByPSRPCore {
    static let nasty = "a_x0041_b _X _x \u{9}\u{D}\u{A}\u{0}\u{1B}\u{7F}\u{9B} <&>\u{22}' Zo\u{EB} \u{20AC}\u{1D11E}\u{1F986}"
    static let samples: [(name: String, text: String)] = [
        ("null", ####"<Nil />"####),
        ("bool", ####"<B>true</B>"####),
        ("string", ####"<S>Get-CsTenant</S>"####),
        ("nastyString", ####"<S>a_x005F_x0041_b _x005F_X _x005F_x _x0009__x000D__x000A__x0000__x001B__x007F__x009B_ &lt;&amp;&gt;"' Zoë €_xD834__xDD1E__xD83E__xDD86_</S>"####),
        ("emptyString", ####"<S />"####),
        ("blankString", ####"<S>  </S>"####),
        ("char", ####"<C>233</C>"####),
        ("byte", ####"<By>255</By>"####),
        ("sbyte", ####"<SB>-128</SB>"####),
        ("uint16", ####"<U16>65535</U16>"####),
        ("int16", ####"<I16>-32768</I16>"####),
        ("uint32", ####"<U32>4294967295</U32>"####),
        ("int32", ####"<I32>-2147483648</I32>"####),
        ("uint64", ####"<U64>18446744073709551615</U64>"####),
        ("int64", ####"<I64>-9223372036854775808</I64>"####),
        ("single", ####"<Sg>1.5</Sg>"####),
        ("double", ####"<Db>-0.1</Db>"####),
        ("decimal", ####"<D>79228162514264337593543950335</D>"####),
        ("bytes", ####"<BA>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w==</BA>"####),
        ("guid", ####"<G>c13fb5c3-c2a0-574c-902c-c58ad393ebb0</G>"####),
        ("uri", ####"<URI>https://litware.example/?a=b&amp;c=ü</URI>"####),
        ("version", ####"<Version>5.1.14393.2248</Version>"####),
        ("xml", ####"<XD>&lt;a b="c"&gt;d&lt;/a&gt;</XD>"####),
        ("scriptBlock", ####"<SBK>Get-CsTenant |_x000A_  Select-Object Name</SBK>"####),
        ("dateTimeUTC", ####"<DT>2018-06-13T23:46:28.005160Z</DT>"####),
        ("dateTimeOffset", ####"<DT>2018-06-13T23:46:28.0000011+02:00</DT>"####),
        ("dateTimeUnspecified", ####"<DT>2018-06-13T23:46:28</DT>"####),
        ("duration", ####"<TS>P1DT2H3M4.567S</TS>"####),
        ("negativeDuration", ####"<TS>-P1DT23H59M59S</TS>"####),
        ("list", ####"<Obj RefId="0"><TN RefId="0"><T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST><I32>1</I32><S>a</S><Nil /></LST></Obj>"####),
        ("emptyList", ####"<Obj RefId="0"><TN RefId="0"><T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST /></Obj>"####),
        ("stack", ####"<Obj RefId="0"><TN RefId="0"><T>System.Collections.Stack</T><T>System.Object</T></TN><STK><I32>1</I32><I32>2</I32></STK></Obj>"####),
        ("queue", ####"<Obj RefId="0"><TN RefId="0"><T>System.Collections.Queue</T><T>System.Object</T></TN><QUE><S>first</S><S>second</S></QUE></Obj>"####),
        ("dictionary", ####"<Obj RefId="0"><TN RefId="0"><T>System.Collections.Hashtable</T><T>System.Object</T></TN><DCT><En><S N="Key">a</S><I32 N="Value">1</I32></En><En><I32 N="Key">2</I32><Obj RefId="1" N="Value"><TN RefId="1"><T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST><S>x</S></LST></Obj></En></DCT></Obj>"####),
        ("customObject", ####"<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><S N="Identity">sip:dana@litware.example</S><S N="DisplayName">Dana Ødegård</S><B N="Enabled">true</B><G N="Id">7d4f8814-e3f2-5932-b69b-709bf2478146</G><DT N="WhenCreated">2011-06-28T09:30:15.1234567Z</DT><Obj RefId="1" N="Policies"><TN RefId="1"><T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST><S>one</S><S>two</S></LST></Obj><I64 N="Quota">9000000000</I64><Nil N="Nothing" /></MS></Obj>"####),
        ("nestedObject", ####"<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><Obj RefId="1" N="Inner"><TNRef RefId="0" /><MS><Obj RefId="2" N="Inner"><TNRef RefId="0" /><MS><S N="Name">deep</S></MS></Obj></MS></Obj></MS></Obj>"####),
        ("sharedObject", ####"<Obj RefId="0"><TN RefId="0"><T>System.Collections.ArrayList</T><T>System.Object</T></TN><LST><Obj RefId="1"><TN RefId="1"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><S N="Name">shared</S></MS></Obj><Ref RefId="1" /></LST></Obj>"####),
        ("circularObject", ####"<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><S N="Name">outer</S><Ref RefId="0" N="Self" /></MS></Obj>"####),
        ("enumeration", ####"<Obj RefId="0"><I32>13</I32><TN RefId="0"><T>System.Management.Automation.ErrorCategory</T><T>System.Enum</T><T>System.ValueType</T><T>System.Object</T></TN><ToString>ObjectNotFound</ToString></Obj>"####),
        ("decoratedString", ####"<Obj RefId="0"><S>text with a note</S><MS><I32 N="Note">5</I32></MS></Obj>"####),
        ("errorRecord", ####"<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.ErrorRecord</T><T>System.Object</T></TN><MS><Obj RefId="1" N="Exception"><TN RefId="1"><T>System.Exception</T><T>System.Object</T></TN><Props><S N="Message">The user was not found.</S><Nil N="Data" /><Nil N="HelpLink" /><Nil N="HResult" /><Nil N="InnerException" /><Nil N="Source" /><Nil N="StackTrace" /><Nil N="TargetSite" /></Props></Obj><Nil N="TargetObject" /><S N="FullyQualifiedErrorId">NotFound,Get-CsOnlineUser</S><Nil N="InvocationInfo" /><I32 N="ErrorCategory_Category">13</I32><S N="ErrorCategory_Activity">Get-CsOnlineUser</S><S N="ErrorCategory_Reason">ManagementException</S><S N="ErrorCategory_TargetName">dana</S><S N="ErrorCategory_TargetType">UserIdParameter</S><S N="ErrorCategory_Message">ObjectNotFound (dana:UserIdParameter) [Get-CsOnlineUser], ManagementException</S><B N="SerializeExtendedInfo">false</B></MS><ToString>The user was not found.</ToString></Obj>"####),
        ("hostInfo", ####"<Obj RefId="0"><MS><B N="_isHostNull">false</B><B N="_isHostUINull">false</B><B N="_isHostRawUINull">false</B><B N="_useRunspaceHost">false</B><Obj RefId="1" N="_hostDefaultData"><MS><Obj RefId="2" N="data"><TN RefId="0"><T>System.Collections.Hashtable</T><T>System.Object</T></TN><DCT><En><I32 N="Key">0</I32><Obj RefId="3" N="Value"><TN RefId="1"><T>System.Object</T></TN><MS><S N="T">System.ConsoleColor</S><I32 N="V">10</I32></MS></Obj></En><En><I32 N="Key">1</I32><Obj RefId="4" N="Value"><TNRef RefId="1" /><MS><S N="T">System.ConsoleColor</S><I32 N="V">0</I32></MS></Obj></En><En><I32 N="Key">2</I32><Obj RefId="5" N="Value"><TNRef RefId="1" /><MS><S N="T">System.Management.Automation.Host.Coordinates</S><Obj RefId="6" N="V"><MS><I32 N="x">1</I32><I32 N="y">2</I32></MS></Obj></MS></Obj></En><En><I32 N="Key">3</I32><Obj RefId="7" N="Value"><TNRef RefId="1" /><MS><S N="T">System.Management.Automation.Host.Coordinates</S><Obj RefId="8" N="V"><MS><I32 N="x">3</I32><I32 N="y">4</I32></MS></Obj></MS></Obj></En><En><I32 N="Key">4</I32><Obj RefId="9" N="Value"><TNRef RefId="1" /><MS><S N="T">System.Int32</S><I32 N="V">10</I32></MS></Obj></En><En><I32 N="Key">5</I32><Obj RefId="10" N="Value"><TNRef RefId="1" /><MS><S N="T">System.Management.Automation.Host.Size</S><Obj RefId="11" N="V"><MS><I32 N="width">120</I32><I32 N="height">3000</I32></MS></Obj></MS></Obj></En><En><I32 N="Key">6</I32><Obj RefId="12" N="Value"><TNRef RefId="1" /><MS><S N="T">System.Management.Automation.Host.Size</S><Obj RefId="13" N="V"><MS><I32 N="width">120</I32><I32 N="height">50</I32></MS></Obj></MS></Obj></En><En><I32 N="Key">7</I32><Obj RefId="14" N="Value"><TNRef RefId="1" /><MS><S N="T">System.Management.Automation.Host.Size</S><Obj RefId="15" N="V"><MS><I32 N="width">121</I32><I32 N="height">51</I32></MS></Obj></MS></Obj></En><En><I32 N="Key">8</I32><Obj RefId="16" N="Value"><TNRef RefId="1" /><MS><S N="T">System.Management.Automation.Host.Size</S><Obj RefId="17" N="V"><MS><I32 N="width">122</I32><I32 N="height">52</I32></MS></Obj></MS></Obj></En><En><I32 N="Key">9</I32><Obj RefId="18" N="Value"><TNRef RefId="1" /><MS><S N="T">System.String</S><S N="V">Usher</S></MS></Obj></En></DCT></Obj></MS></Obj></MS></Obj>"####),
    ]
}

/// Values as pypsrp 0.9.1 serialises them.
enum SerializedByPyPSRP {
    static let samples: [(name: String, text: String)] = [
        ("string", ####"<S>a_x005F_x0041_b _x005F_X _x005F_x _x0009__x000D__x000A__x0000__x001B__x007F__x009B_ &lt;&amp;&gt;"' Zoë €_xD834__xDD1E__xD83E__xDD86_</S>"####),
        ("int32", ####"<I32>5</I32>"####),
        ("bool", ####"<B>false</B>"####),
        ("null", ####"<Nil />"####),
        ("list", ####"<Obj RefId="0"><TN RefId="0"><T>System.Object[]</T><T>System.Array</T><T>System.Object</T></TN><LST><I32>1</I32><S>a</S><Nil /></LST></Obj>"####),
        ("dictionary", ####"<Obj RefId="0"><TN RefId="0"><T>System.Collections.Hashtable</T><T>System.Object</T></TN><DCT><En><S N="Key">a</S><I32 N="Value">1</I32></En><En><S N="Key">b</S><Obj RefId="1" N="Value"><TN RefId="1"><T>System.Object[]</T><T>System.Array</T><T>System.Object</T></TN><LST><I32>2</I32></LST></Obj></En></DCT></Obj>"####),
        ("double", ####"<Sg>1.25</Sg>"####),
        ("guid", ####"<G>c13fb5c3-c2a0-574c-902c-c58ad393ebb0</G>"####),
    ]
}
